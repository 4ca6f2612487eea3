// SPDX-License-Identifier: Apache-2.0

/// The requests with which a kubelet makes pods, as messages of the CRI.
#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_CRI_REQUESTS_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_CRI_REQUESTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/cri_messages.h"

namespace containercollector::engine {

/// A pod as the CRI is asked to run it. The runtime adds what else is in
/// `status`: id, state and times.
struct PodRequest {
  test::CriSandbox status;
  std::string log_directory;
  std::string cgroup_parent;
};

struct ContainerRequest {
  test::CriContainer status;
  std::vector<std::string> command;
  std::vector<std::string> args;
};

std::string RunPodSandboxRequest(const PodRequest& pod);
std::string CreateContainerRequest(const PodRequest& pod,
                                   const ContainerRequest& container);
std::string StopContainerRequest(const std::string& id,
                                 std::int64_t timeout_seconds);

/// A request whose one field is an id.
std::string IdRequest(const std::string& id);

/// A request for the status of an image.
std::string ImageStatusRequest(const std::string& image);

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_CRI_REQUESTS_H_
