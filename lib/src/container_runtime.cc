// SPDX-License-Identifier: Apache-2.0
#include "containercollector/container_runtime.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "containercollector/cri_client.h"
#include "containercollector/docker_client.h"
#include "lib/src/endpoint.h"
#include "lib/src/selecting_runtime.h"

namespace containercollector {
namespace {

constexpr std::string_view kUnix = "unix://";

/// The sockets of CRI runtimes, in order of preference. Docker's comes after
/// these and before kMicrok8sSocket.
constexpr std::array<std::string_view, 6> kCriSockets = {
    "/run/containerd/containerd.sock",
    "/run/crio/crio.sock",
    "/run/k3s/containerd/containerd.sock",
    "/run/k0s/containerd.sock",
    "/run/cri-dockerd.sock",
    "/run/dockershim.sock"};
constexpr std::string_view kMicrok8sSocket =
    "/var/snap/microk8s/common/run/containerd.sock";

internal::RuntimeCandidate CriCandidate(RuntimeOptions options,
                                        std::string endpoint) {
  options.cri_endpoint = std::move(endpoint);
  return {std::make_unique<CriClient>(options),
          internal::ParseEndpoint(options.cri_endpoint, RuntimeKind::kCri)
              .socket_path};
}

std::unique_ptr<ContainerRuntime> MakeSelecting(const RuntimeOptions& options) {
  std::vector<internal::RuntimeCandidate> candidates;
  const auto add_cri = [&](std::string_view socket) {
    candidates.push_back(
        CriCandidate(options, std::string(kUnix).append(socket)));
  };
  if (options.cri_endpoint.empty()) {
    for (const std::string_view socket : kCriSockets) add_cri(socket);
  } else {
    candidates.push_back(CriCandidate(options, options.cri_endpoint));
  }
  candidates.push_back(
      {std::make_unique<DockerClient>(options),
       internal::ParseEndpoint(options.docker_endpoint, RuntimeKind::kDocker)
           .socket_path});
  if (options.cri_endpoint.empty()) add_cri(kMicrok8sSocket);
  return std::make_unique<internal::SelectingRuntime>(std::move(candidates),
                                                      options.timeout);
}

/// Drops each container whose ID appears again later. Keeps those without an
/// ID.
void KeepLastOfEachId(std::vector<Container>& containers) {
  std::unordered_set<std::string> ids;
  const auto kept = std::remove_if(
      containers.rbegin(), containers.rend(), [&](const Container& container) {
        return !container.id.empty() && !ids.insert(container.id).second;
      });
  containers.erase(containers.begin(), kept.base());
}

}  // namespace

ContainerRuntime::~ContainerRuntime() = default;

std::vector<Container> ContainerRuntime::ListContainers(
    const ListOptions& options, const CallOptions& call) const {
  std::vector<Container> containers;
  ForEachContainer(
      options,
      [&](Container& container) { containers.push_back(std::move(container)); },
      call);
  KeepLastOfEachId(containers);
  return containers;
}

RuntimeChoice ContainerRuntime::Choice() const {
  return {RuntimeKind::kAuto, endpoint(), ""};
}

std::unique_ptr<ContainerRuntime> MakeRuntime(const RuntimeOptions& options) {
  switch (options.kind) {
    case RuntimeKind::kDocker:
      return std::make_unique<DockerClient>(options);
    case RuntimeKind::kCri:
      return std::make_unique<CriClient>(options);
    case RuntimeKind::kAuto:
      break;
  }
  // Without CRI support, there is nothing to select.
  if constexpr (!CONTAINERCOLLECTOR_CRI)
    return std::make_unique<DockerClient>(options);
  return MakeSelecting(options);
}

}  // namespace containercollector
