// SPDX-License-Identifier: Apache-2.0

/// What becomes of requests when the server is told to stop.
#include "tests/server/node.h"

using namespace containercollector::test;

namespace {

constexpr const char* kShuttingDown =
    "This server is shutting down. Ask again when it is back.";

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
    // They are all in when an answer to a later request is there.
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

TEST_CASE("SIGTERM while a call runs: it is answered, those behind get 503") {
  Node node;
  node.Start(RespondWhenReleased(ResponseBytes(200, kJson, kOneContainer)));
  Callers callers(node);
  node.server().Signal(SIGTERM);
  WaitUntilClosed(node.url());
  for (HttpCall& call : callers.waiting) {
    const HttpResponse reply = call.Wait();
    CheckText(reply, 503, kShuttingDown);
    CHECK(reply.headers.at("retry-after") == "5");
    CHECK(reply.headers.at("connection") == "close");
  }
  node.daemon().Release();
  for (HttpCall& call : callers.running) CheckCollected(call.Wait());
  CHECK(node.server().WaitForExit() == 0);
}

TEST_CASE("SIGTERM while the daemon hangs: the timeout's text, then the end") {
  Node node({"--docker-timeout", "1s"});
  node.Start(NeverRespond());
  Callers callers(node);
  const auto start = std::chrono::steady_clock::now();
  node.server().Signal(SIGTERM);
  for (HttpCall& call : callers.running) {
    CheckText(call.Wait(), 500,
              "The Docker daemon at " + node.host() +
                  " did not finish its answer to GET /v1.40/containers/json "
                  "within 1s (0 bytes came). It may hang: look at its log, or "
                  "allow more time.");
  }
  for (HttpCall& call : callers.waiting)
    CheckText(call.Wait(), 503, kShuttingDown);
  CHECK(node.server().WaitForExit() == 0);
  const auto took = std::chrono::steady_clock::now() - start;
  WARN("the shutdown took "
       << std::chrono::duration_cast<std::chrono::milliseconds>(took).count()
       << " ms of the 2000 that it may");
  CHECK(took < kGenerous);
}

TEST_CASE(
    "SIGTERM while a client does not read its answer: it is not waited for") {
  Node node({"--docker-timeout", "1s"});
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
