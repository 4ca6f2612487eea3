// SPDX-License-Identifier: Apache-2.0
#include "containercollector/container_runtime.h"

#include <utility>

#include "containercollector/cri_client.h"
#include "containercollector/docker_client.h"
#include "containercollector/error.h"

namespace containercollector {

ContainerRuntime::~ContainerRuntime() = default;

std::vector<Container> ContainerRuntime::ListContainers(
    const ListOptions& options, const CallOptions& call) const {
  std::vector<Container> containers;
  ForEachContainer(
      options,
      [&](Container& container) { containers.push_back(std::move(container)); },
      call);
  return containers;
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
  throw Error(ErrorCode::kInvalidArgument, "no runtime can be selected");
}

}  // namespace containercollector
