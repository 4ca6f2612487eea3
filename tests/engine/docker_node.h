// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_DOCKER_NODE_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_DOCKER_NODE_H_

#include <string>

#include "tests/engine/private_engine.h"

namespace containercollector::engine {

/// A dockerd whose containers differ in all that its list of them shows: their
/// states, ports, networks, mounts and labels.
class DockerNode {
 public:
  static constexpr const char* kName = "docker";

  /// Keeps everything in `directory`, which it creates.
  explicit DockerNode(const std::string& directory);

  const std::string& socket() const { return engine_.socket(); }

 private:
  void RunRestarting();
  void RunPodLikeKubernetes();
  void RunWithPorts();
  void RunOnNetworks();
  void RunWithMounts();
  void RunWithOddTexts();
  void RunInEveryOtherState();
  void WaitForRestarts() const;

  /// Creates a container that runs until it is killed.
  void RunForEver(const test::Command& options);

  PrivateEngine engine_;
  std::string directory_;
};

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_DOCKER_NODE_H_
