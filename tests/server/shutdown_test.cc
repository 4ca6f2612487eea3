// SPDX-License-Identifier: Apache-2.0

/// What becomes of requests when the server is told to stop.
#include "tests/server/node.h"

using namespace containercollector::test;

namespace {

/// Sends SIGTERM and waits until nobody gets a connection any more.
void Terminate(Node& node) {
  node.server().Signal(SIGTERM);
  try {
    while (true) RawClient client(TcpHost(node.url()));
  } catch (const std::system_error&) {
  }
}

/// A request that has its runtime call, and 20 that wait for the next one.
std::vector<HttpCall> PostForTwoCalls(Node& node) {
  std::vector<HttpCall> calls = PostMany(node, 1);
  REQUIRE(node.daemon().WaitForRequests(1, kGenerous));
  for (HttpCall& call : PostMany(node, 20)) calls.push_back(std::move(call));
  WaitForWaiting(node, 21);
  return calls;
}

}  // namespace

TEST_CASE("Without requests, SIGTERM and SIGINT end the server at once") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  Node node;
  RawClient idle(TcpHost(node.url()));
  node.server().Signal(signal);
  CHECK(node.server().WaitForExit() == 0);
  CHECK(idle.ReceiveToEnd().bytes.empty());
}

TEST_CASE("A stopping server completes the running call and the next one") {
  Node node;
  node.Start(RespondWhenReleased(GoodResponse()));
  std::vector<HttpCall> calls = PostForTwoCalls(node);
  HttpCall keep_alive(node.url(),
                      "POST /processor/containercollector HTTP/1.1\r\n"
                      "Host: localhost\r\n\r\n");
  WaitForWaiting(node, 22);
  Terminate(node);
  node.daemon().Release();
  for (HttpCall& call : calls) CheckCollected(call.Wait());
  const HttpResponse response = keep_alive.Wait();
  CheckCollected(response);
  CHECK(response.headers.at("connection") == "close");
  CHECK(node.server().WaitForExit() == 0);
  CHECK(node.daemon().Requests().size() == 2);
}

TEST_CASE("A stopping server waits for a hung daemon at most twice") {
  Node node({"--timeout", "1s"});
  node.Start(NeverRespond());
  std::vector<HttpCall> calls = PostForTwoCalls(node);
  const auto start = std::chrono::steady_clock::now();
  Terminate(node);
  for (HttpCall& call : calls)
    CheckText(call.Wait(), 500, TimedOut(node, "1s"));
  CHECK(node.server().WaitForExit() == 0);
  CHECK(std::chrono::steady_clock::now() - start < kGenerous);
}

TEST_CASE("A stopping server rejects batches whose call starts too late") {
  Node node({"--timeout", "1s"});
  node.Start(NeverRespond());
  std::vector<HttpCall> calls;
  for (int limit = 1; limit <= 24; ++limit) {
    const std::string query = "?limit=" + std::to_string(limit);
    calls.push_back(std::move(PostMany(node, 1, query).front()));
  }
  WaitForWaiting(node, 24);
  Terminate(node);
  int rejected = 0;
  for (HttpCall& call : calls) {
    const auto response = call.Wait();
    CHECK((response.status == 500 || response.status == 503));
    if (response.status != 503) continue;
    ++rejected;
    CHECK(response.headers.at("retry-after") == "5");
  }
  CHECK(rejected >= 2);
  CHECK(node.server().WaitForExit() == 0);
}

TEST_CASE("A stopping server sends a whole response if the client reads it") {
  Node node({"--max-answer-bytes", "0", "--timeout", "1s"});
  const std::string large = ManyContainers(4'000'000);
  node.Start(GoodDaemon(large));
  HttpCall call = Unread(node.url());
  const HttpCall unread = Unread(node.url());
  Terminate(node);
  CHECK((ParseResponse("H" + call.connection().ReceiveToEnd().bytes).body ==
         large));
  CHECK(node.server().WaitForExit() == 0);
}

TEST_CASE("A second SIGTERM ends the server at once") {
  ScriptedNode node;
  ServerProcess server(node.host());
  node.Start(NeverRespond());
  HttpCall call(server.url(), RequestBytes("POST", kRoute));
  REQUIRE(node.daemon().WaitForRequests(1, kGenerous));
  server.Signal(SIGTERM);
  REQUIRE(server.WaitForErrorOutput("shutting down"));
  server.Signal(SIGTERM);
  CHECK(server.WaitForExit() == 128 + SIGTERM);
}
