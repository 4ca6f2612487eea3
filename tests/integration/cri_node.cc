// SPDX-License-Identifier: Apache-2.0

#include "tests/integration/cri_node.h"

namespace containercollector::test {

CriNode OnePod() {
  constexpr std::int64_t kCreated = 1'600'000'000'123'456'789;
  CriNode node;
  CriSandbox& sandbox = node.sandboxes.emplace_back();
  sandbox.id = "5a0db0c5";
  sandbox.name = "pod";
  sandbox.pod_namespace = "default";
  sandbox.uid = "uid";
  sandbox.created_at = kCreated;
  sandbox.ip = "10.0.0.7";
  CriContainer& container = node.containers.emplace_back();
  container.id = "c0ffee00c0ffee00";
  container.sandbox_id = sandbox.id;
  container.name = "web";
  container.image = "busybox:1";
  container.image_ref = "sha256:0c";
  container.created_at = kCreated;
  container.started_at = kCreated;
  return node;
}

std::string MessageOf(const std::string& method) {
  const CriNode node = OnePod();
  if (method == "ListContainers")
    return ListContainersResponse(node.containers);
  if (method == "ListPodSandbox") return ListPodSandboxResponse(node.sandboxes);
  if (method == "PodSandboxStatus")
    return PodSandboxStatusResponse(node.sandboxes.front());
  return ContainerStatusResponse(node.containers.front());
}

}  // namespace containercollector::test
