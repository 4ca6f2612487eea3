// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "tests/integration/cri_node.h"

using namespace containercollector;
using namespace containercollector::test;
using namespace std::chrono_literals;

TEST_CASE("The runtime's own error comes with its gRPC status") {
  CriTestNode node;
  const std::string method = GENERATE("ListContainers", "ListPodSandbox",
                                      "ContainerStatus", "PodSandboxStatus");
  INFO(method);
  SECTION("in the only headers") {
    node.Start(
        With(GoodRuntime(OnePod()), method,
             GrpcError(GrpcCode::kInternal, "the disk is full: 100%25")));
  }
  SECTION("in trailers") {
    node.Start(With(
        GoodRuntime(OnePod()), method,
        GrpcErrorInTrailers(GrpcCode::kInternal, "the disk is full: 100%25")));
  }
  CheckCriFailed(node.Post(), ErrorCode::kDaemonError,
                 "Error response from container runtime: the disk is full: "
                 "100% (INTERNAL)");
  CheckRecovers(node);
}

TEST_CASE("A runtime that is still starting says so") {
  CriTestNode node;
  node.Start(
      With(GoodRuntime(OnePod()), "ListContainers",
           GrpcError(GrpcCode::kUnknown, "server is not initialized yet")));
  CheckCriFailed(node.Post(), ErrorCode::kDaemonError,
                 "Error response from container runtime: server is not "
                 "initialized yet (UNKNOWN). It is starting: try again in a "
                 "moment, then look at its log.");
  CheckRecovers(node);
}

TEST_CASE("A runtime without the CRI says how to enable it") {
  CriTestNode node;
  node.Start(RuntimeWithoutCri());
  CheckCriFailed(
      node.Post(), ErrorCode::kDaemonError,
      "The container runtime at " + node.endpoint() +
          " offers neither runtime.v1 nor runtime.v1alpha2 of the CRI: unknown "
          "service runtime.v1.RuntimeService (UNIMPLEMENTED). If it is "
          "containerd, its CRI plugin is disabled or failed to load: remove "
          "\"cri\" from disabled_plugins in /etc/containerd/config.toml, look "
          "for \"failed to load plugin\" in containerd's log (journalctl -u "
          "containerd), and restart it.");
  CheckRecovers(node);
}

TEST_CASE("An old runtime with v1alpha2 alone lists the same") {
  CriTestNode node;
  node.Start(GoodRuntime(OnePod()));
  const std::string expected = node.Post().body;
  node.Start(GoodRuntime(OnePod(), kOldCriService));
  CHECK(node.Post().body == expected);
  // It remembers the version, until the runtime is replaced.
  const std::size_t calls = node.runtime().Calls().size();
  CHECK(node.Post().body == expected);
  CHECK(node.runtime().Calls().size() == 2 * calls - 1);
  CheckRecovers(node);
}

TEST_CASE("A container that disappears before its status is left out") {
  CriTestNode node;
  const std::string method = GENERATE("ContainerStatus", "PodSandboxStatus");
  node.Start(With(GoodRuntime(OnePod()), method,
                  GrpcError(GrpcCode::kNotFound, "not found")));
  const Response response = node.Post();
  CHECK(response.status == 200);
  CHECK(response.container_count == 1);
  const bool has_container =
      response.body.find("/k8s_web_") != std::string::npos;
  CHECK(has_container == (method == "PodSandboxStatus"));
  CheckRecovers(node);
}

TEST_CASE("One slow status does not delay the collection beyond its timeout") {
  RuntimeOptions options;
  // The calls before it must not time out on a slow machine.
  options.timeout = 3s;
  CriTestNode node(options);
  const std::string method = GENERATE("ContainerStatus", "PodSandboxStatus");
  node.Start(Changing(
      GoodRuntime(OnePod()), method,
      [](RuntimeResponse& response) { response.when_released = true; }));
  const std::string id =
      method == "ContainerStatus" ? "c0ffee00c0ff" : "5a0db0c5";
  const Response response = node.Post();
  REQUIRE(response.error);
  CHECK(ToString(*response.error) == "timeout");
  CHECK(response.body ==
        "The container runtime at " + node.endpoint() +
            " did not finish its answer to runtime.v1.RuntimeService/" +
            method + " of " + id +
            " within 3s (0 bytes came). It may hang: look at its log, or "
            "allow more time.");
}

TEST_CASE("A status that is slow within the timeout is waited for") {
  CriTestNode node;
  node.Start(
      Changing(GoodRuntime(OnePod()), "ContainerStatus",
               [](RuntimeResponse& response) { response.delay = 50ms; }));
  CheckOnePod(node.Post());
}

TEST_CASE("Thousands of containers are listed, each with its status") {
  constexpr std::size_t kContainers = 3000;
  CriTestNode node;
  CriNode large = OnePod();
  large.containers.resize(kContainers, large.containers.front());
  for (std::size_t i = 0; i < kContainers; ++i) {
    CriContainer& container = large.containers[i];
    container.id = "container-" + std::to_string(i);
    container.attempt = static_cast<std::uint32_t>(i);
    container.mounts = {{"/data", "/host", false}};
  }
  node.Start(GoodRuntime(large));
  const Response response = node.Post();
  CHECK(response.status == 200);
  CHECK(response.container_count == kContainers + 1);
  CHECK(node.runtime().CallsOf("ContainerStatus") == kContainers);
  std::size_t mounts = 0;
  const std::string mount = R"("Destination":"/data")";
  for (std::size_t at = response.body.find(mount); at != std::string::npos;
       at = response.body.find(mount, at + 1)) {
    ++mounts;
  }
  CHECK(mounts == kContainers);
  CHECK(node.runtime().Errors().empty());
}

TEST_CASE("A filter that the CRI has not is the caller's error") {
  CriTestNode node;
  node.Start(GoodRuntime(OnePod()));
  const Response response =
      node.Post("filters=%7B%22volume%22%3A%5B%22x%22%5D%7D");
  CheckCriFailed(response, ErrorCode::kRequestRejected,
                 "Invalid filter 'volume'. The list of a container runtime "
                 "takes these: ancestor, before, exited, id, label, name, "
                 "network, since, status.");
  CheckOnePod(node.Post());
}

TEST_CASE("A list asks for the status of each container that it shows") {
  CriTestNode node;
  node.Start(GoodRuntime(OnePod()));
  CheckOnePod(node.Post());
  std::vector<std::string> methods;
  for (const RuntimeCall& call : node.runtime().Calls())
    methods.push_back(call.method);
  std::sort(methods.begin(), methods.end());
  CHECK(methods == std::vector<std::string>{"ContainerStatus", "ListContainers",
                                            "ListPodSandbox",
                                            "PodSandboxStatus"});
}

TEST_CASE("With size=1, the writable layer of each container is shown") {
  CriTestNode node;
  CriNode pod = OnePod();
  pod.containers[0].writable_layer_bytes = 4096;
  node.Start(GoodRuntime(pod));
  CHECK(node.Post().body.find("SizeRw") == std::string::npos);
  CHECK(node.Post("size=1").body.find(R"("SizeRw":4096)") != std::string::npos);
}
