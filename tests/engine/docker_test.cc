// SPDX-License-Identifier: Apache-2.0

#include <rapidjson/document.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/engine/agreement.h"
#include "tests/engine/checks.h"
#include "tests/engine/daemon_process.h"
#include "tests/engine/docker_node.h"
#include "tests/engine/sandbox.h"
#include "tests/engine/shared_node.h"
#include "tests/support/catch.h"
#include "tests/support/http_client.h"
#include "tests/support/server_process.h"
#include "tests/support/wait.h"

namespace containercollector::engine {
namespace {

using test::Get;
using test::HttpResponse;
using test::kRoute;
using test::Post;
using test::ServerProcess;

constexpr const char* kPlainText = "text/plain; charset=utf-8";

/// The message of the daemon's own error.
std::string MessageOf(const HttpResponse& daemon_error) {
  rapidjson::Document json;
  json.Parse(daemon_error.body.data(), daemon_error.body.size());
  REQUIRE(json.IsObject());
  REQUIRE(json.HasMember("message"));
  return json["message"].GetString();
}

TEST_CASE("the docker node shows all that its list can show", "[docker]") {
  const std::string& socket = SharedNode<DockerNode>().socket();
  std::string list;
  const auto restarting = [&] {
    list = AskDaemon(socket, "/v1.40/containers/json?all=1&size=1").body;
    return list.find(R"("State":"restarting")") != std::string::npos;
  };
  // It runs now and then.
  CHECK(test::WaitUntil(restarting, std::chrono::minutes(1)));
  const std::vector<std::string> kFragments = {
      R"("State":"running")",
      R"("State":"exited")",
      R"("State":"paused")",
      R"("State":"created")",
      R"("Status":"Exited (3) )",
      R"("Status":"Exited (137) )",
      "(health: starting)",
      R"("SizeRw":)",
      R"("Type":"udp")",
      R"("Type":"sctp")",
      R"("IP":"127.0.0.1")",
      R"("IP":"::1")",
      R"("PublicPort":9003)",
      R"({"PrivatePort":99,)",
      R"("/linked/web")",
      R"("IPv4Address":"10.9.0.77")",
      R"("IPv6Address":"fd00:9::77")",
      R"("GlobalIPv6Address":"fd00:9::)",
      R"("IPAMConfig":null)",
      R"("DriverOpts":null)",
      R"("NetworkMode":"host")",
      R"("NetworkMode":"none")",
      R"("NetworkMode":"container:)",
      R"("NetworkMode":"front")",
      R"("Type":"bind")",
      R"("Type":"volume")",
      R"("Driver":"local")",
      R"("RW":false)",
      R"("Propagation":"private")",
      R"("Mode":"ro,z")",
      R"("Labels":{})",
      R"("empty":"")",
      R"(one\ntwo\r\n\tthree)",
      "日本語",
      "😀",
      R"(\u2028)",
      "<script>a && b",
      R"("Command":"sh -c)",
      "xxxxxxxxxx"};
  CheckFragments(list, kFragments);
}

TEST_CASE("the route responds as dockerd does", "[docker]") {
  const std::string& socket = SharedNode<DockerNode>().socket();
  const ServerProcess server("unix://" + socket);
  CheckAgreement(server, socket);
  const std::string kNoContainer =
      "?filters=%7B%22name%22%3A%5B%22absent%22%5D%7D";
  CHECK(Post(server.url(), kNoContainer).body == "[]");
}

TEST_CASE("options pick fewer of dockerd's containers", "[docker]") {
  const ServerProcess server("unix://" + SharedNode<DockerNode>().socket());
  const std::size_t all = Post(server.url()).body.size();
  const std::string query = GENERATE(
      "?all=0", "?limit=2", "?filters=%7B%22label%22%3A%5B%22x%3Dy%22%5D%7D",
      "?filters=%7B%22status%22%3A%5B%22exited%22%5D%7D");
  INFO(query);
  CHECK(Post(server.url(), query).body.size() < all);
}

TEST_CASE(
    "a filter that dockerd rejects is the caller's error, with dockerd's text",
    "[docker]") {
  const std::string& socket = SharedNode<DockerNode>().socket();
  const ServerProcess server("unix://" + socket);
  const std::string kFilters = "filters=%7B%22nope%22%3A%5B%22x%22%5D%7D";

  const HttpResponse response = Post(server.url(), "?" + kFilters);
  CHECK(response.status == 400);
  CHECK(response.Header("content-type") == kPlainText);
  // "Invalid filter 'nope'" or "invalid filter 'nope'", by version.
  const std::string message =
      MessageOf(AskDaemon(socket, "/v1.40/containers/json?all=1&" + kFilters));
  CHECK(message.find("nvalid filter 'nope'") != std::string::npos);
  CHECK(response.body == "Error response from daemon: " + message);
}

TEST_CASE("the route takes POST only and labels its responses", "[docker]") {
  const ServerProcess server("unix://" + SharedNode<DockerNode>().socket());

  const HttpResponse collected = Post(server.url());
  CHECK(collected.status == 200);
  CHECK(collected.Header("content-type") == "application/json");

  const HttpResponse rejected = Get(server.url(), kRoute);
  CHECK(rejected.status == 405);
  CHECK(rejected.Header("allow") == "POST");
  CHECK(rejected.Header("content-type") == kPlainText);
  CHECK(rejected.body == "method GET is not supported");
}

TEST_CASE("the server outlives a dockerd that is killed", "[docker]") {
  const std::string directory = ThisSandbox().directory + "/killed";
  PrivateEngine dockerd(DockerCommands(directory), directory);
  // The next dockerd ends what still runs before it responds, which is quick if
  // that heeds SIGTERM.
  const test::Command kCommon = {"--network=none", "busybox:1", "sh", "-c",
                                 "trap exit TERM; sleep 1000000 & wait"};
  dockerd.Run(test::Joined({"run", "--detach", "--name=running"}, kCommon));
  dockerd.Run(test::Joined({"create", "--name=created"}, kCommon));
  const ServerProcess server("unix://" + dockerd.socket());
  CHECK(DifferenceFromDaemon(server, dockerd.socket(), "", "?all=1") ==
        kNoDifference);

  for (int time = 1; time <= 2; ++time) {
    INFO("time " << time);
    CheckSurvivesKill(server, dockerd.process());
  }
}

TEST_CASE("dockerd at the endpoint of the CRI is told apart", "[docker]") {
  const std::string endpoint = "unix://" + SharedNode<DockerNode>().socket();
  const ServerProcess server("unix:///nonexistent/docker.sock",
                             {"--runtime=cri", "--cri-endpoint=" + endpoint});
  const HttpResponse response = Post(server.url());
  CHECK(response.status == 500);
  CHECK(response.body ==
        "The answer of the container runtime at " + endpoint +
            " to runtime.v1.RuntimeService/ListContainers is not gRPC but "
            "HTTP/1.1. Another service listens there, such as a Docker daemon: "
            "ask it as the runtime \"docker\", or write the endpoint of the "
            "container runtime, e.g. unix:///run/containerd/containerd.sock.");
}

TEST_CASE("the server outlives a dockerd that hangs", "[docker]") {
  const std::string directory = ThisSandbox().directory + "/hung";
  PrivateEngine dockerd(DockerCommands(directory), directory);
  const ServerProcess server("unix://" + dockerd.socket(), {"--timeout=3s"});
  CHECK(Post(server.url()).body == "[]");

  for (int time = 1; time <= 2; ++time) {
    INFO("time " << time);
    dockerd.process().Suspend();
    const HttpResponse response = Post(server.url());
    CHECK(response.status == 500);
    CHECK(response.body ==
          "The Docker daemon at unix://" + dockerd.socket() +
              " did not finish its answer to GET /v1.40/containers/json within "
              "3s (0 bytes came). It may hang: look at its log, or allow more "
              "time.");

    dockerd.process().Continue();
    const auto responds = [&] { return Post(server.url()).body == "[]"; };
    CHECK(test::WaitUntil(responds, std::chrono::minutes(1)));
  }
}

}  // namespace
}  // namespace containercollector::engine
