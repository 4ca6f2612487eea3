// SPDX-License-Identifier: Apache-2.0

#include <rapidjson/document.h>

#include <chrono>
#include <string>

#include "tests/engine/containerd_node.h"
#include "tests/engine/cri_expectation.h"
#include "tests/engine/json_difference.h"
#include "tests/engine/shared_node.h"
#include "tests/support/catch.h"
#include "tests/support/http_client.h"
#include "tests/support/server_process.h"
#include "tests/support/wait.h"

namespace containercollector::engine {
namespace {

using rapidjson::Value;
using test::HttpResponse;
using test::Post;
using test::ServerProcess;

/// A server that asks this containerd.
class CriServer : public ServerProcess {
 public:
  explicit CriServer(const PrivateContainerd& containerd,
                     const test::Command& arguments = {})
      : ServerProcess("unix:///nonexistent/docker.sock",
                      test::Joined({"--runtime=cri",
                                    "--cri-endpoint=" + containerd.endpoint()},
                                   arguments)) {}
};

rapidjson::Document Containers(const HttpResponse& response) {
  INFO(response.body);
  REQUIRE(response.status == 200);
  rapidjson::Document containers;
  containers.Parse(response.body.data(), response.body.size());
  REQUIRE(containers.IsArray());
  return containers;
}

std::string IdOf(const Value& container) { return container["Id"].GetString(); }

Value* FindById(rapidjson::Document& containers, const std::string& id) {
  for (Value& container : containers.GetArray())
    if (IdOf(container) == id) return &container;
  return nullptr;
}

/// Cuts "Status" down to its beginning, if that is as expected.
void CutStatus(const Value& expected, Value& actual) {
  const std::string beginning = expected["Status"].GetString();
  Value& status = actual["Status"];
  if (std::string(status.GetString()).rfind(beginning, 0) != 0) return;
  status.SetString(expected["Status"].GetString(),
                   expected["Status"].GetStringLength());
}

void CheckIsAsAsked(ContainerdNode& node, rapidjson::Document containers) {
  const rapidjson::Document expected = ExpectedContainers(node);
  CHECK(containers.Size() == expected.Size());
  for (const Value& container : expected.GetArray()) {
    const std::string name = container["Names"][0].GetString();
    INFO(name);
    Value* const actual = FindById(containers, IdOf(container));
    REQUIRE(actual != nullptr);
    CutStatus(container, *actual);
    CHECK(FirstDifference(container, *actual, name) == "");
  }
}

std::size_t CountOf(const ServerProcess& server, const std::string& query) {
  return Containers(Post(server.url(), query)).Size();
}

TEST_CASE("containerd's pods are listed as containerd was asked to run them",
          "[containerd]") {
  ContainerdNode& node = SharedNode<ContainerdNode>();
  const CriServer server(node.containerd());
  CheckIsAsAsked(node, Containers(Post(server.url())));
}

TEST_CASE("containerd's pods show every state, attempt and mount",
          "[containerd]") {
  ContainerdNode& node = SharedNode<ContainerdNode>();
  const CriServer server(node.containerd());
  const std::string list = Post(server.url()).body;
  for (const char* fragment :
       {R"("State":"running")", R"("State":"created")", R"("State":"exited")",
        R"("Status":"Created")", R"("Status":"Up )", R"("Status":"Exited (0) )",
        R"("Status":"Exited (3) )", R"("Status":"Exited (137) )",
        "/k8s_restarted_states_default_", R"("Propagation":"rslave")",
        R"("Propagation":"rshared")", R"("NetworkMode":"host")",
        R"("PublicPort":8080)", "日本"}) {
    INFO(fragment);
    CHECK(list.find(fragment) != std::string::npos);
  }
  if (ContainerdNode::HasPodNetwork()) {
    CHECK(list.find(R"("IPAddress":"10.77.0.)") != std::string::npos);
    CHECK(list.find(R"("GlobalIPv6Address":"fd00:77::)") != std::string::npos);
    CHECK(list.find(R"("NetworkMode":"none")") != std::string::npos);
  }
}

TEST_CASE("list options pick containerd's containers as Docker's",
          "[containerd]") {
  ContainerdNode& node = SharedNode<ContainerdNode>();
  const CriServer server(node.containerd());
  const std::size_t all = CountOf(server, "");
  std::size_t running = 0;
  const rapidjson::Document list = Containers(Post(server.url()));
  for (const Value& container : list.GetArray())
    running += container["State"] == "running" ? 1U : 0U;
  CHECK(running < all);
  CHECK(CountOf(server, "?all=0") == running);
  CHECK(CountOf(server, "?limit=2") == 2);
  // {"status":["created"]}
  CHECK(CountOf(server, "?filters=%7B%22status%22%3A%5B%22created%22%5D%7D") ==
        1);
  // {"label":["io.kubernetes.container.name=restarted"]}
  CHECK(CountOf(server,
                "?filters=%7B%22label%22%3A%5B%22io.kubernetes.container.name%"
                "3Drestarted%22%5D%7D") == 2);
  // {"exited":["3"]}
  CHECK(CountOf(server, "?filters=%7B%22exited%22%3A%5B%223%22%5D%7D") == 1);
  // {"name":["absent"]}
  CHECK(CountOf(server, "?filters=%7B%22name%22%3A%5B%22absent%22%5D%7D") == 0);
}

TEST_CASE("size=1 shows the writable layers of containerd's containers",
          "[containerd]") {
  const CriServer server(SharedNode<ContainerdNode>().containerd());
  // containerd measures every few seconds.
  const auto has_size = [&] {
    return Post(server.url(), "?size=1").body.find(R"("SizeRw":)") !=
           std::string::npos;
  };
  CHECK(test::WaitUntil(has_size, std::chrono::minutes(1)));
}

TEST_CASE("the server outlives a containerd that is stopped or killed",
          "[containerd]") {
  PrivateContainerd containerd(ThisSandbox().directory + "/ended");
  const CriServer server(containerd);
  CHECK(Post(server.url()).body == "[]");
  for (const bool kill : {false, true}) {
    INFO((kill ? "killed" : "stopped"));
    if (kill) {
      containerd.process().Kill();
    } else {
      containerd.process().Terminate();
    }
    const HttpResponse response = Post(server.url());
    CHECK(response.status == 500);
    CHECK(response.Header("content-type") == "text/plain; charset=utf-8");
    CHECK(response.body == "Cannot connect to the container runtime at " +
                               containerd.endpoint() +
                               ". Is containerd running?");
    containerd.process().Start();
    CHECK(Post(server.url()).body == "[]");
  }
}

TEST_CASE("a containerd that was killed has its pods when it is back",
          "[containerd]") {
  ContainerdNode& node = SharedNode<ContainerdNode>();
  const CriServer server(node.containerd());
  node.containerd().process().Kill();
  CHECK(Post(server.url()).status == 500);
  node.containerd().process().Start();
  CheckIsAsAsked(node, Containers(Post(server.url())));
}

TEST_CASE("the server outlives a containerd that hangs", "[containerd]") {
  ContainerdNode& node = SharedNode<ContainerdNode>();
  const CriServer server(node.containerd(), {"--timeout=2s"});
  CHECK(Post(server.url()).status == 200);

  node.containerd().process().Suspend();
  const HttpResponse response = Post(server.url());
  node.containerd().process().Continue();
  CHECK(response.status == 500);
  CHECK(response.body ==
        "The container runtime at " + node.containerd().endpoint() +
            " did not finish its answer to "
            "runtime.v1.RuntimeService/ListContainers within 2s (0 bytes "
            "came). It may hang: look at its log, or allow more time.");
  const auto responds = [&] { return Post(server.url()).status == 200; };
  CHECK(test::WaitUntil(responds, std::chrono::minutes(1)));
  CheckIsAsAsked(node, Containers(Post(server.url())));
}

}  // namespace
}  // namespace containercollector::engine
