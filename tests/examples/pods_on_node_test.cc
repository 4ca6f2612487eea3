// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <string>
#include <vector>

#include "tests/examples/nodes.h"

namespace containercollector::test {
namespace {

constexpr auto kUidA = "13d025ab-451d-40b4-9d18-d2b0d09cd102";
constexpr auto kUidB = "77a0c1f6-90b8-4fd5-93a4-0e4a2b1f7d55";

/// A container as the kubelet makes it.
Container PodContainer(const std::string& pod, const std::string& uid,
                       const std::string& name, const std::string& state,
                       const std::string& status) {
  Container container =
      MakeContainer(uid + pod + name, "k8s_" + name + "_" + pod, state, status);
  container.labels = StringMap{
      {"io.kubernetes.container.name", name},
      {"io.kubernetes.docker.type", name == "POD" ? "podsandbox" : "container"},
      {"io.kubernetes.pod.name", pod},
      {"io.kubernetes.pod.namespace", "default"},
      {"io.kubernetes.pod.uid", uid}};
  return container;
}

void CheckPods(const std::vector<Container>& containers,
               const std::string& expected) {
  Node node;
  node.Start(DaemonWith(containers));
  CheckOutput(Run({PODS_ON_NODE, "--host", node.host()}), expected.substr(1));
}

TEST_CASE("pods_on_node marks containers that are not running, by pod") {
  // The pod web-0 has a predecessor of the same name.
  CheckPods({PodContainer("web-0", kUidB, "nginx", "running", "Up 3 hours"),
             MakeContainer("b1", "hostnet", "running", "Up 2 days"),
             PodContainer("db-0", kUidA, "mysql", "running", "Up 4 hours"),
             PodContainer("web-0", kUidB, "logs", "exited",
                          "Exited (137) 2 minutes ago"),
             PodContainer("db-0", kUidA, "POD", "running", "Up 4 hours"),
             PodContainer("web-0", kUidB, "POD", "running", "Up 3 hours"),
             PodContainer("web-0", kUidA, "POD", "exited", "Exited (0)")},
            R"(
default/db-0: 1 of 1 running, UID 13d025ab-451d-40b4-9d18-d2b0d09cd102
    mysql: running, Up 4 hours
    (sandbox): running, Up 4 hours
default/web-0: 0 of 0 running, UID 13d025ab-451d-40b4-9d18-d2b0d09cd102
  ! (sandbox): exited, Exited (0)
default/web-0: 1 of 2 running, UID 77a0c1f6-90b8-4fd5-93a4-0e4a2b1f7d55
    nginx: running, Up 3 hours
  ! logs: exited, Exited (137) 2 minutes ago
    (sandbox): running, Up 3 hours
Pods: 3. Containers outside pods: 1.
)");
}

TEST_CASE("pods_on_node shows a recorded node, and one without containers") {
  CheckPods({}, "\nPods: 0. Containers outside pods: 0.\n");
  CheckPods(RecordedContainers(std::chrono::hours(1)), R"(
default/nginx-deployment-7fd6966748-lt65j: 1 of 1 running, UID unknown
    nginx: running, Up 4 seconds
default/nginx-deployment-7fd6966748-lt65j: 0 of 0 running, UID 13d025ab-451d-40b4-9d18-d2b0d09cd102
    (sandbox): running, Up 4 seconds
Pods: 2. Containers outside pods: 8.
)");
}

TEST_CASE("pods_on_node prints no control characters") {
  const std::string evil = "\x1B]0;pwned\x07\xC2\x9B";
  CheckPods({PodContainer(evil, evil, evil, evil, evil)}, R"(
default/?]0;pwned??: 0 of 1 running, UID ?]0;pwned??
  ! ?]0;pwned??: ?]0;pwned??, ?]0;pwned??
Pods: 1. Containers outside pods: 0.
)");
}

TEST_CASE("pods_on_node reports why there is nothing to show") {
  const Node node;
  CheckOutput(Run({PODS_ON_NODE, "--host", node.host()}), "",
              CannotConnect(node), 1);
  CHECK(Run({PODS_ON_NODE, "--pods"}).exit_code == 2);
  CHECK(Run({PODS_ON_NODE, "--help"}).exit_code == 0);
}

}  // namespace
}  // namespace containercollector::test
