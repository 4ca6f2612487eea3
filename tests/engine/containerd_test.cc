// SPDX-License-Identifier: Apache-2.0

#include <string>

#include "tests/engine/containerd_node.h"
#include "tests/engine/shared_node.h"
#include "tests/support/catch.h"

namespace containercollector::engine {
namespace {

TEST_CASE("containerd runs the pods of the node", "[containerd]") {
  ContainerdNode& node = SharedNode<ContainerdNode>();
  for (const Pod& pod : node.pods()) {
    const test::CriSandbox sandbox = node.containerd().Status(pod.request);
    INFO(pod.request.status.name);
    CHECK(sandbox.id == pod.request.status.id);
    CHECK(sandbox.ip.empty() ==
          (pod.request.status.network == test::CriNetwork::kNode));
    for (const ContainerRequest& container : pod.containers) {
      INFO(container.status.name);
      CHECK(node.containerd().Status(container).id == container.status.id);
    }
  }
}

}  // namespace
}  // namespace containercollector::engine
