// SPDX-License-Identifier: Apache-2.0

/// Clients that close their side of the connection after their request, as
/// `nc -N` does, and read the response.
#include <string>
#include <vector>

#include "tests/server/node.h"

using namespace containercollector::test;

TEST_CASE("A client that has finished sending gets its response") {
  Node node;
  node.Start(GoodDaemon());
  // Other connections must not change that.
  std::vector<RawClient> others;
  for (int count : {0, 1, 5}) {
    while (static_cast<int>(others.size()) < count)
      others.emplace_back(TcpHost(node.url()));
    CAPTURE(count);
    for (const char* path : {"/healthz", "/metrics"}) {
      HttpCall call(node.url(), RequestBytes("GET", path));
      call.connection().FinishSending();
      CHECK(call.Wait().status == 200);
    }
    for (const std::size_t size : {0, 2, 300'000}) {
      CAPTURE(size);
      HttpCall call(node.url(),
                    RequestBytes("POST", kRoute, {}, std::string(size, ' ')));
      call.connection().FinishSending();
      CheckCollected(call.Wait());
    }
  }
  CheckStops(node.server());
}

TEST_CASE(
    "A client that has finished sending many requests gets all responses") {
  constexpr int kRequests = 100;
  Node node;
  node.Start(GoodDaemon());
  std::string requests;
  for (int i = 1; i < kRequests; ++i)
    requests += "POST " + std::string(kRoute) +
                " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
  HttpCall call(node.url(), requests + RequestBytes("POST", kRoute));
  call.connection().FinishSending();
  const std::string responses = call.connection().ReceiveToEnd().bytes;
  int count = 0;
  for (auto at = responses.find(kOneContainer); at != std::string::npos;
       at = responses.find(kOneContainer, at + 1))
    ++count;
  CHECK(count == kRequests);
  CheckStops(node.server());
}

TEST_CASE(
    "A client that finishes sending while its request is pending gets "
    "its response") {
  Node node;
  node.Start(RespondWhenReleased(GoodResponse()));
  const RawClient other(TcpHost(node.url()));
  std::vector<HttpCall> calls = PostMany(node, 10);
  WaitForWaiting(node, 10);
  for (HttpCall& call : calls) call.connection().FinishSending();
  CheckText(Get(node.url(), "/healthz"), 200, "ok");
  // Longer than the server takes to look who left.
  CHECK(calls.front()
            .connection()
            .Receive(1, std::chrono::milliseconds(600))
            .end == RawClient::End::kTimedOut);
  node.daemon().Release();
  for (HttpCall& call : calls) CheckCollected(call.Wait());
  CheckStops(node.server());
}
