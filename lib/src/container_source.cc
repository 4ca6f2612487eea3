// SPDX-License-Identifier: Apache-2.0
#include "containercollector/container_source.h"

#include <utility>

namespace containercollector {

ContainerSource::~ContainerSource() = default;

std::vector<Container> ContainerSource::ListContainers(
    const ListOptions& options, const CallOptions& call) const {
  std::vector<Container> containers;
  ForEachContainer(
      options,
      [&](Container& container) { containers.push_back(std::move(container)); },
      call);
  return containers;
}

}  // namespace containercollector
