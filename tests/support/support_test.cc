// SPDX-License-Identifier: Apache-2.0

// The faults of the kit that would hide faults of the product.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "containercollector/json.h"
#include "tests/support/catch.h"
#include "tests/support/http_client.h"
#include "tests/support/program.h"
#include "tests/support/scripted_node.h"
#include "tests/support/scripted_runtime.h"

namespace containercollector::test {
namespace {

using namespace std::chrono_literals;
using End = RawClient::End;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\n\r\n";
constexpr auto kSoon = 20s;

}  // namespace

TEST_CASE("a daemon counts requests and connections") {
  ScriptedNode node;
  node.Start(RespondWith("x"));
  RawClient client(node.host());
  client.Send("POST /1 HTTP/1.1\r\ncontent-length: 4\r\n\r\nbodyGET /2 HTT");
  CHECK(client.Receive(1).bytes == "x");
  client.Send("P/1.1\r\n\r\n");
  CHECK(client.Receive(1).bytes == "x");
  Get(node.host(), "/3");

  CHECK(node.daemon().Requests().size() == 3);
  CHECK(node.daemon().ConnectionsOpened() == 2);
  CHECK(node.daemon().MaxOpenConnections() == 2);
}

TEST_CASE("a daemon reports malformed requests and what its script throws") {
  ScriptedNode node;
  node.Start([](const Request&, Exchange&) {
    throw std::runtime_error("a fault in the script");
  });
  for (const std::string_view request :
       {std::string_view("what?\r\n\r\n"), kGet}) {
    RawClient client(node.host());
    client.Send(request);
    CHECK(client.ReceiveToEnd().end == End::kClosed);
  }
  CHECK(node.daemon().Errors() ==
        std::vector<std::string>{"malformed request line: what?",
                                 "a fault in the script"});
}

TEST_CASE("a response waits for its release, or for the end of the daemon") {
  ScriptedNode node;
  ScriptedDaemon& daemon = node.Start(RespondWhenReleased("late"));
  RawClient client(node.host());
  client.Send(kGet);
  REQUIRE(daemon.WaitForRequests(1, kSoon));
  CHECK(client.Receive(1, 10ms).end == End::kTimedOut);
  daemon.Release();
  CHECK(client.Receive(4).bytes == "late");

  daemon.SetScript(NeverRespond());
  client.Send(kGet);
  REQUIRE(daemon.WaitForRequests(2, kSoon));
  CHECK(client.Receive(1, 10ms).end == End::kTimedOut);
  CHECK_FALSE(daemon.WaitForRequests(3, 1ms));
  CHECK_FALSE(daemon.WaitForOpenConnections(2, 1ms));
  daemon.Stop();
  CHECK(client.ReceiveToEnd().end == End::kClosed);
  CHECK(daemon.OpenConnections() == 0);
}

TEST_CASE("a daemon notices that its client has left") {
  std::atomic<bool> sent_all = true;
  ScriptedNode node;
  node.Start([&](const Request&, Exchange& exchange) {
    sent_all = exchange.SendRepeated("x", ~std::uint64_t{0});
  });
  {
    RawClient client(node.host());
    client.Send(kGet);
    CHECK(client.Receive(1).bytes == "x");
  }
  CHECK(node.daemon().WaitForOpenConnections(0, kSoon));
  CHECK_FALSE(sent_all);
}

TEST_CASE("a recorded node lists what the query asks for") {
  const TempDir dir;
  Program daemon({RECORDED_DAEMON, "--socket", dir / "sock", "--containers",
                  RECORDED_NODE ".json", "--version",
                  RECORDED_NODE ".version.json"});
  REQUIRE(daemon.WaitForLine().rfind("recorded Docker node on ", 0) == 0);
  const auto get = [&](const std::string& query) {
    return Get("unix://" + (dir / "sock"), "/containers/json?" + query).body;
  };
  const auto names = [&](const std::string& query) {
    std::string joined;
    const auto containers = DecodeContainers(get(query));
    for (const Container& container : containers.value())
      joined += container.names->front().substr(0, 10);
    return joined;
  };
  CHECK(names("") == "/hostnet/restartin/paused/web/k8s_nginx/k8s_POD_n");
  CHECK(names("all=1") ==
        "/hostnet/linked/created/restartin/failed/paused/mounts/web"
        "/k8s_nginx/k8s_POD_n");
  CHECK(names("limit=2") == "/hostnet/linked");
  CHECK(names(R"(filters={"status":["exited"]})") == "/failed");
  CHECK(names(R"(all=1&filters={"exited":["3"]})") == "/failed");
  CHECK(names(R"(all=1&filters={"exited":["4"]})").empty());
  CHECK(names(R"(filters={"network":["appnet"]})") == "/web");
  CHECK(names(R"(all=1&filters={"since":["created"]})") == "/hostnet/linked");

  const std::string_view kSize = R"("SizeRootFs":1982256)";
  CHECK(get("all=1&size=1").find(kSize) != std::string::npos);
  CHECK(get("all=1").find(kSize) == std::string::npos);
  CHECK(get(R"(filters={"volume":["v"]})")
            .rfind(R"({"message":"Invalid filter 'volume'.)", 0) == 0);
}

TEST_CASE("the client distinguishes a whole response from a truncated one") {
  const std::string body(5000, 'x');
  const std::string whole = ResponseBytes(200, kJson, body);
  const std::string chunked = Chunked(200, kJson, body, 700);
  for (const std::string& bytes : {whole, chunked}) {
    const HttpResponse response = ParseResponse(bytes);
    CHECK(response.status == 200);
    CHECK(response.body == body);
    CHECK(response.Header("content-type") == kJson);
    CHECK(ParseResponse(WithHalfTheBody(bytes)).status == 0);
    CHECK(ParseResponse(HeadWithoutEnd(bytes)).status == 0);
  }
}

TEST_CASE("a runtime reports a connection that is not HTTP/2") {
  const TempDir dir;
  const ScriptedRuntime runtime(dir / "cri.sock", GoodRuntime({}));
  RawClient client(runtime.endpoint());
  client.Send(kGet);
  CHECK(client.ReceiveToEnd().end != End::kTimedOut);
  CHECK(runtime.WaitForOpenConnections(0, kSoon));
  REQUIRE(runtime.Errors().size() == 1);
  CHECK(runtime.Errors()[0].rfind("not HTTP/2: ", 0) == 0);
}

TEST_CASE("programs see the added variables, and none of Docker's") {
  const ScopedEnvironment environment{{"DOCKER_HOST", "of this process"},
                                      {"KIT_TEST", "kept"}};
  const auto of_child = [](const std::string& name, const Environment& added) {
    return Run({"sh", "-c", "printf %s \"${" + name + "-unset}\""}, added).out;
  };
  CHECK(of_child("DOCKER_HOST", {}) == "unset");
  CHECK(of_child("KIT_TEST", {}) == "kept");
  CHECK(of_child("DOCKER_HOST", {{"DOCKER_HOST", "a=b"}}) == "a=b");
  {
    const ScopedEnvironment inner{{"KIT_OTHER", "3"}};
    CHECK(std::getenv("DOCKER_HOST") == nullptr);
  }
  CHECK(std::getenv("DOCKER_HOST") == std::string("of this process"));
  CHECK(std::getenv("KIT_OTHER") == nullptr);
}

}  // namespace containercollector::test
