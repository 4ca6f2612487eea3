// SPDX-License-Identifier: Apache-2.0
#include "containercollector/container_runtime.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "containercollector/cri_client.h"
#include "containercollector/docker_client.h"
#include "lib/src/endpoint.h"
#include "lib/src/selecting_runtime.h"

namespace containercollector {
namespace {

std::unique_ptr<ContainerRuntime> MakeSelecting(const RuntimeOptions& options) {
  // In order of preference. The empty one stands for the Docker daemon's.
  std::vector<std::string> endpoints = {
      "unix:///run/containerd/containerd.sock",
      "unix:///run/crio/crio.sock",
      "unix:///run/k3s/containerd/containerd.sock",
      "unix:///run/k0s/containerd.sock",
      "unix:///run/cri-dockerd.sock",
      "unix:///run/dockershim.sock",
      "",
      "unix:///var/snap/microk8s/common/run/containerd.sock"};
  if (!options.cri_endpoint.empty()) endpoints = {options.cri_endpoint, ""};
  std::vector<internal::RuntimeCandidate> candidates;
  for (const std::string& endpoint : endpoints) {
    RuntimeOptions own = options;
    own.kind = endpoint.empty() ? RuntimeKind::kDocker : RuntimeKind::kCri;
    own.cri_endpoint = endpoint;
    candidates.push_back(
        {MakeRuntime(own),
         internal::ParseEndpoint(
             endpoint.empty() ? options.docker_endpoint : endpoint, own.kind)
             .socket_path});
  }
  return internal::MakeSelectingRuntime(std::move(candidates), options.timeout);
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
  // Of several containers with the same ID, the last one stays.
  std::unordered_set<std::string> ids;
  const auto kept = std::remove_if(
      containers.rbegin(), containers.rend(), [&](const Container& container) {
        return !container.id.empty() && !ids.insert(container.id).second;
      });
  containers.erase(containers.begin(), kept.base());
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
