// SPDX-License-Identifier: Apache-2.0

/// What becomes of requests when the server is told to stop.
#include "tests/server/node.h"

using namespace containercollector::test;

namespace {

/// Nobody gets a connection any more.
void WaitUntilClosed(const std::string& url) {
  try {
    while (true) RawClient client(TcpHost(url));
  } catch (const std::system_error&) {
  }
}

/// 20 requests that share the call that runs, and 20 that wait for the next.
struct Callers {
  explicit Callers(Node& node) {
    const std::string request = RequestBytes("POST", kRoute);
    running.emplace_back(node.url(), request);
    REQUIRE(node.daemon().WaitForRequests(1, kGenerous));
    for (int i = 0; i < 20; ++i) waiting.emplace_back(node.url(), request);
    // They are all in when a response to a later request is there.
    REQUIRE(Get(node.url(), "/healthz").status == 200);
  }

  std::vector<HttpCall> running;
  std::vector<HttpCall> waiting;
};

}  // namespace

TEST_CASE("SIGTERM without requests ends the server at once") {
  for (const int signal : {SIGTERM, SIGINT}) {
    Node node;
    RawClient idle(TcpHost(node.url()));
    node.server().Signal(signal);
    CHECK(node.server().WaitForExit() == 0);
    CHECK(idle.ReceiveToEnd().bytes.empty());
  }
}

TEST_CASE("SIGTERM while a call runs: it completes, and so does the next one") {
  Node node;
  node.Start(RespondWhenReleased(ResponseBytes(200, kJson, kOneContainer)));
  Callers callers(node);
  node.server().Signal(SIGTERM);
  WaitUntilClosed(node.url());
  node.daemon().Release();
  for (HttpCall& call : callers.running) CheckCollected(call.Wait());
  for (HttpCall& call : callers.waiting) CheckCollected(call.Wait());
  CHECK(node.server().WaitForExit() == 0);
  CHECK(node.daemon().Requests().size() == 2);
}

TEST_CASE(
    "While the server stops, it closes each connection after a response") {
  Node node;
  node.Start(RespondWhenReleased(ResponseBytes(200, kJson, kOneContainer)));
  HttpCall pending(node.url(),
                   "POST /processor/containercollector HTTP/1.1\r\n"
                   "Host: localhost\r\n\r\n");
  WaitForWaiting(node, 1);
  node.server().Signal(SIGTERM);
  WaitUntilClosed(node.url());
  node.daemon().Release();
  const auto response = pending.Wait();
  CheckCollected(response);
  CHECK(response.headers.at("connection") == "close");
  CHECK(node.server().WaitForExit() == 0);
}

TEST_CASE("SIGTERM while the daemon hangs: the timeout's text, twice") {
  Node node({"--timeout", "1s"});
  node.Start(NeverRespond());
  Callers callers(node);
  const auto start = std::chrono::steady_clock::now();
  node.server().Signal(SIGTERM);
  const std::string text =
      "The Docker daemon at " + node.host() +
      " did not finish its answer to GET /v1.40/containers/json within 1s (0 "
      "bytes came). It may hang: look at its log, or allow more time.";
  for (HttpCall& call : callers.running) CheckText(call.Wait(), 500, text);
  for (HttpCall& call : callers.waiting) CheckText(call.Wait(), 500, text);
  CHECK(node.server().WaitForExit() == 0);
  const auto took = std::chrono::steady_clock::now() - start;
  WARN("the shutdown took "
       << std::chrono::duration_cast<std::chrono::milliseconds>(took).count()
       << " ms of the 3000 that it may");
  CHECK(took < kGenerous);
}

TEST_CASE("SIGTERM while a batch finds no call: it is rejected, then the end") {
  Node node({"--timeout", "1s"});
  node.Start(NeverRespond());
  std::vector<HttpCall> calls;
  for (int limit = 1; limit <= 24; ++limit) {
    calls.emplace_back(node.url(),
                       RequestBytes("POST", std::string(kRoute) + "?limit=" +
                                                std::to_string(limit)));
  }
  WaitForWaiting(node, 24);
  node.server().Signal(SIGTERM);
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

TEST_CASE("SIGTERM while a response is sent: it is sent to its end") {
  Node node({"--max-answer-bytes", "0"});
  const std::string large = ManyContainers(4'000'000);
  node.Start(GoodDaemon(large));
  HttpCall call(node.url(), RequestBytes("POST", kRoute));
  CHECK(call.connection().Receive(1).bytes == "H");
  node.server().Signal(SIGTERM);
  WaitUntilClosed(node.url());
  CHECK((ParseResponse("H" + call.connection().ReceiveToEnd().bytes).body ==
         large));
  CHECK(node.server().WaitForExit() == 0);
}

TEST_CASE(
    "SIGTERM while a client does not read its response: it is not waited for") {
  Node node({"--max-answer-bytes", "0", "--timeout", "1s"});
  node.Start(GoodDaemon(ManyContainers(4'000'000)));
  HttpCall slow(node.url(), RequestBytes("POST", kRoute));
  CHECK(slow.connection().Receive(1).bytes == "H");
  node.server().Signal(SIGTERM);
  CHECK(node.server().WaitForExit() == 0);
}

TEST_CASE("A second SIGTERM ends the server at once") {
  Node node;
  node.Start(NeverRespond());
  const Callers callers(node);
  node.server().Signal(SIGTERM);
  WaitUntilClosed(node.url());
  node.server().Signal(SIGTERM);
  CHECK(node.server().WaitForExit() == 128 + SIGTERM);
}
