// SPDX-License-Identifier: Apache-2.0

// Runs the code of docs/use-from-your-processor.md and of README.md. The build
// extracts each block to a file; the declarations below are of what they
// define.

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "containercollector/containercollector.h"
#include "tests/examples/nodes.h"
#include "tests/support/error_of.h"
#include "tests/support/posix.h"
#include "tests/support/scripted_runtime.h"

std::vector<containercollector::Container> FailedContainers(
    const containercollector::DockerClient& client, const std::string& pod_uid);
std::map<std::string, std::vector<std::string>> RunningByPod(
    const std::vector<containercollector::Container>& containers);
std::size_t CountPublishedPorts(const containercollector::DockerClient& client);
std::vector<containercollector::Container> ListWithOneRetry(
    const containercollector::DockerClient& client);
std::vector<containercollector::Container> ListWithin(
    const containercollector::DockerClient& client,
    std::chrono::milliseconds limit,
    containercollector::Cancellation& cancellation);
std::string Diagnose(const containercollector::DockerClient& client);
containercollector::DockerClient ImpatientClient(const std::string& endpoint);
struct Count {
  std::size_t running;
  std::size_t all;
};
Count CountContainers(const containercollector::DockerClient& client);
std::unique_ptr<containercollector::ContainerRuntime> NodeRuntime(
    containercollector::RuntimeOptions options);
std::string CountRunning(const containercollector::ContainerRuntime& runtime);
std::string Respond(const containercollector::Processor& processor,
                    const std::string& method, const std::string& target);

namespace containercollector::test {
namespace {

TEST_CASE("The programs of the README and the guide list the containers") {
  const Command program{GENERATE(README_PROGRAM, GUIDE_PROGRAM)};
  Node node;
  const Environment environment{{"DOCKER_HOST", node.host()}};
  CheckOutput(Run(program, environment), "", CannotConnect(node), 1);
  node.Start(DaemonWith(
      {MakeContainer(std::string(64, 'a'), "web", "running", "Up"),
       MakeContainer(std::string(64, 'b'), "db", "exited", "Exited (0)")}));
  CheckOutput(Run(program, environment),
              "aaaaaaaaaaaa running busybox:1\n"
              "bbbbbbbbbbbb exited busybox:1\n");
}

TEST_CASE("The guide's filters reach the daemon") {
  Node node;
  const ScriptedDaemon& daemon = node.Start(GoodDaemon());
  CHECK(FailedContainers(node.client(), "u1").size() == 1);
  REQUIRE(daemon.Requests().size() == 1);
  // {"exited":{"1":true,"137":true},"label":{"io.kubernetes.pod.uid=u1":true}}
  CHECK(daemon.Requests().front().query ==
        "all=1&filters=%7B%22exited%22%3A%7B%221%22%3Atrue%2C%22137%22%3Atrue"
        "%7D%2C%22label%22%3A%7B%22io.kubernetes.pod.uid%3Du1%22%3Atrue%7D%7D");
}

TEST_CASE("The guide groups running containers by pod") {
  Container container;
  container.state = "running";
  CHECK(RunningByPod({container}).empty());
  container.labels = StringMap{{"io.kubernetes.pod.name", "web-0"},
                               {"io.kubernetes.pod.uid", "u1"},
                               {"io.kubernetes.container.name", "nginx"}};
  Container sandbox = container;
  (*sandbox.labels)["io.kubernetes.container.name"] = "POD";
  Container exited = container;
  exited.state = "exited";
  CHECK(RunningByPod({container, sandbox, exited}) ==
        std::map<std::string, std::vector<std::string>>{{"u1", {"nginx"}}});
}

TEST_CASE("The guide counts published ports") {
  Container container = MakeContainer("a1", "web", "running", "Up");
  container.ports =
      std::vector<Port>{{"", 80, 0, "tcp"}, {"::", 81, 82, "tcp"}};
  Node node;
  node.Start(DaemonWith({container, container}));
  CHECK(CountPublishedPorts(node.client()) == 2);
}

TEST_CASE("The guide retries a retryable error once") {
  Node node;
  ScriptedDaemon& daemon = node.Start(RespondWith(DaemonError(503, "busy")));
  CHECK(ErrorOf([&] { ListWithOneRetry(node.client()); }).http_status() == 503);
  CHECK(daemon.Requests().size() == 2);
  ScriptedDaemon& strict = node.Start(RespondWith(DaemonError(404, "no")));
  CHECK(ErrorOf([&] { ListWithOneRetry(node.client()); }).http_status() == 404);
  CHECK(strict.Requests().size() == 1);
}

TEST_CASE("The guide's deadline and cancellation end a call") {
  Node node;
  node.Start(NeverRespond());
  Cancellation cancellation;
  CHECK(ErrorOf([&] {
          ListWithin(node.client(), std::chrono::milliseconds(50),
                     cancellation);
        }).code() == ErrorCode::kTimeout);
  cancellation.Cancel();
  CHECK(ErrorOf([&] {
          ListWithin(node.client(), std::chrono::hours(1), cancellation);
        }).code() == ErrorCode::kCancelled);
}

TEST_CASE("The guide distinguishes failures") {
  Node node;
  CHECK(Diagnose(node.client()) == "Docker is down: restart it");
  node.Start(RespondWith(DaemonError(503, "busy")));
  CHECK(Diagnose(node.client()) == "Docker runs, and fails with status 503");
  node.Start(RespondWith(ResponseBytes(200, kJson, "{}")));
  CHECK(Diagnose(node.client()).find(" is malformed: ") != std::string::npos);
  node.Start(GoodDaemon());
  CHECK(Diagnose(node.client()) == "Docker lists 1 containers");
  node.Start(NeverRespond());
  CHECK(Diagnose(ImpatientClient(node.host())) ==
        "Docker hangs: take a dump of its goroutines");
}

TEST_CASE("The guide shares one client between threads") {
  Node node;
  node.Start([](const Request& request, Exchange& exchange) {
    const bool all = request.query == "all=1";
    DaemonWith(std::vector<Container>(all ? 3 : 2))(request, exchange);
  });
  const Count count = CountContainers(node.client());
  CHECK(count.running == 2);
  CHECK(count.all == 3);
}

TEST_CASE("The guide serves both routes") {
  Node node;
  node.Start(GoodDaemon());
  RuntimeOptions options;
  options.docker_endpoint = node.host();
  const Processor processor{DockerClient(options)};
  const auto respond = [&](const std::string& method, std::string_view path) {
    return Respond(processor, method, std::string(path));
  };
  const auto with_head = [](const std::string& body) {
    return "HTTP/1.1 200 \r\nContent-Type: application/json\r\n"
           "Content-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  };
  CHECK(respond("POST", Processor::kArrayPath) ==
        with_head(std::string(kOneContainer)));
  CHECK(respond("POST", Processor::kObjectPath) ==
        with_head(WrapContainers(kOneContainer, Processor::kDefaultObjectKey)));
  CHECK(respond("GET", Processor::kArrayPath) ==
        "HTTP/1.1 405 \r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 27\r\nAllow: POST\r\n\r\nmethod GET is not supported");
}

TEST_CASE("The guide queries the runtime that runs the pods") {
  CriNode pods;
  CriContainer container;
  container.id = "c1";
  container.labels = {{"io.kubernetes.pod.name", "pod"}};
  pods.containers = {container};
  const TempDir dir;
  Node node;
  node.Start(GoodDaemon());
  RuntimeOptions options;
  options.docker_endpoint = node.host();
  options.cri_endpoint = "unix://" + (dir / "cri.sock");
  const auto runtime = NodeRuntime(options);
  CHECK(CountRunning(*runtime) == "1 of " + node.host());
  const ScriptedRuntime cri(dir / "cri.sock", GoodRuntime(pods));
  CHECK(CountRunning(*runtime) ==
        "1 of " + cri.endpoint() + ", because it lists Kubernetes containers");
}

}  // namespace
}  // namespace containercollector::test
