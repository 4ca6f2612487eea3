// SPDX-License-Identifier: Apache-2.0

/// Each bound of the server, and that those within it are not affected.
#include "tests/server/node.h"

using namespace containercollector::test;

TEST_CASE("Requests beyond those that may wait are told to come again") {
  Node node({"--max-waiting", "10"});
  node.Start(RespondWhenReleased(ResponseBytes(200, kJson, kOneContainer)));
  std::vector<HttpCall> waiting = PostMany(node, 10);
  WaitForWaiting(node, 10);
  const HttpResponse rejected = Post(node.url());
  CheckText(
      rejected, 503,
      "Too many requests wait for the container runtime already. Ask again "
      "later.");
  CHECK(rejected.headers.at("retry-after") == "5");
  CheckText(Get(node.url(), "/healthz"), 200, "ok");

  node.daemon().Release();
  for (HttpCall& call : waiting) CheckCollected(call.Wait());
  CheckCollected(Post(node.url()));
  CheckStops(node.server());
}

TEST_CASE("A batch that finds no call in time is told to come again") {
  Node node({"--timeout", "1s"});
  node.Start(NeverRespond());
  std::vector<std::vector<HttpCall>> sets;
  for (int limit = 1; limit <= 24; ++limit)
    sets.push_back(PostMany(node, 2, "?limit=" + std::to_string(limit)));
  int timed_out = 0;
  int rejected = 0;
  for (std::vector<HttpCall>& calls : sets) {
    for (HttpCall& call : calls) {
      const HttpResponse response = call.Wait();
      if (response.status == 500) {
        ++timed_out;
      } else {
        ++rejected;
        CheckText(
            response, 503,
            "Calls of the container runtime with other options took all the "
            "time there was. Ask again later.");
      }
    }
  }
  CHECK(timed_out + rejected == 48);
  CHECK(timed_out >= 2);
  CHECK(rejected >= 2);
  // Of four calls at a time, each after one whose end the daemon may not have
  // seen yet.
  CHECK(node.daemon().MaxOpenConnections() <= 8);
  CheckStops(node.server());
}

TEST_CASE("A body that is too large is rejected, with or without its length") {
  Node node({"--max-body-bytes", "1000"});
  node.Start(GoodDaemon());
  const std::string too_large =
      "The request's body is larger than the limit of 1000 bytes "
      "(--max-body-bytes). It is not used: send {} or nothing.";
  CheckCollected(Post(node.url(), "", {}, std::string(1000, 'x')));
  CheckText(Post(node.url(), "", {}, std::string(1001, 'x')), 413, too_large);
  // Before a byte of it came.
  CheckText(Post(node.url(), "", {{"Content-Length", "104857600"}}), 413,
            too_large);

  const auto chunked = [&](std::size_t size) {
    return HttpCall(node.url(),
                    RequestBytes("POST", kRoute,
                                 {{"Transfer-Encoding", "chunked"}}) +
                        Chunk(std::string(size, 'x')) + std::string(kLastChunk))
        .Wait();
  };
  CheckCollected(chunked(1000));
  CheckText(chunked(1001), 413, too_large);
  CheckStops(node.server());
}

TEST_CASE("By default, a request's body may have 4 MiB") {
  Node node;
  node.Start(GoodDaemon());
  // KubeDiag's agent sends all earlier results.
  const std::string earlier =
      R"({"earlier.results":")" + std::string(3'000'000, 'x') + R"("})";
  CheckCollected(Post(node.url(), "", {}, earlier));
  CheckCollected(Post(node.url(), "", {}, std::string(4'194'304, 'x')));
  CheckText(Post(node.url(), "", {}, std::string(4'194'305, 'x')), 413,
            "The request's body is larger than the limit of 4194304 bytes "
            "(--max-body-bytes). It is not used: send {} or nothing.");
  CheckStops(node.server());
}

TEST_CASE("A client that sends a too large body reads the response") {
  Node node;
  const std::string too_large =
      "The request's body is larger than the limit of 4194304 bytes "
      "(--max-body-bytes). It is not used: send {} or nothing.";
  // To its last byte, without a reset before.
  HttpCall sending(node.url(), "");
  CHECK(sending.connection().Send(RequestBytes(
      "POST", kRoute, {}, std::string(std::size_t{36} << 20, 'x'))));
  CheckText(sending.Wait(), 413, too_large);
  // One that asks first is told at once.
  HttpCall asking(node.url(), RequestBytes("POST", kRoute,
                                           {{"Content-Length", "5000000"},
                                            {"Expect", "100-continue"}}));
  CheckText(asking.Wait(), 413, too_large);
  CheckStops(node.server());
}

TEST_CASE("A chunked body without end is cut off") {
  Node node({"--max-body-bytes", "1000"});
  node.Start(GoodDaemon());
  HttpCall call(node.url(), RequestBytes("POST", kRoute,
                                         {{"Transfer-Encoding", "chunked"}}));
  const std::string chunk = Chunk(std::string(100'000, 'x'));
  int sent = 0;
  constexpr int kFarTooMany = 2000;
  while (sent < kFarTooMany && call.connection().Send(chunk)) ++sent;
  CHECK(sent < kFarTooMany);
  CHECK(call.Wait().status == 0);
  CheckCollected(Post(node.url()));
  CheckStops(node.server());
}

TEST_CASE("Headers that are too large are rejected") {
  Node node;
  node.Start(GoodDaemon());
  const std::size_t others = RequestBytes("POST", kRoute, {{"x", ""}}).size();
  CheckCollected(
      Post(node.url(), "", {{"x", std::string(16384 - others, 'y')}}));
  CheckText(Post(node.url(), "", {{"x", std::string(16385 - others, 'y')}}),
            431,
            "The request's headers are larger than the limit of 16384 bytes.");
  // Those that do not even fit into the memory of a connection.
  for (const std::size_t size : {std::size_t{33'000}, std::size_t{400'000}}) {
    const HttpResponse response =
        Post(node.url(), "", {{"x", std::string(size, 'y')}});
    CHECK((response.status == 431 || response.status == 0));
    const HttpResponse target = Post(node.url(), "?" + std::string(size, 'y'));
    CHECK((target.status == 431 || target.status == 414 || target.status == 0));
  }
  Headers many;
  for (int i = 0; i < 4000; ++i) many.emplace_back("a", "b");
  const HttpResponse response = Post(node.url(), "", many);
  CHECK((response.status == 431 || response.status == 0));
  CheckCollected(Post(node.url()));
  CheckStops(node.server());
}

TEST_CASE("Connections beyond the bound make the longest idle ones close") {
  LocalNode node([](Options& options) {
    options.http.max_connections = 130;
    options.http.idle_timeout = std::chrono::minutes(10);
    options.http.request_timeout = std::chrono::minutes(10);
  });
  node.Start(GoodDaemon());
  std::vector<RawClient> idle;
  for (int i = 0; i < 500; ++i) idle.emplace_back(TcpHost(node.url()));
  CheckText(Get(node.url(), "/healthz"), 200, "ok");
  CheckCollected(Post(node.url()));
  CHECK(idle.front().ReceiveToEnd().end == RawClient::End::kClosed);
  CHECK(idle.back().ReceiveToEnd(std::chrono::milliseconds(1)).end ==
        RawClient::End::kTimedOut);
}

TEST_CASE("A pending request is not closed to make room") {
  LocalNode node([](Options& options) {
    options.http.max_connections = 130;
    options.http.idle_timeout = std::chrono::minutes(10);
    options.http.request_timeout = std::chrono::minutes(10);
  });
  node.Start(RespondWhenReleased(ResponseBytes(200, kJson, kOneContainer)));
  HttpCall pending(node.url(), RequestBytes("POST", kRoute));
  WaitForWaiting(node, 1);
  std::vector<RawClient> idle;
  for (int i = 0; i < 300; ++i) idle.emplace_back(TcpHost(node.url()));
  CheckText(Get(node.url(), "/healthz"), 200, "ok");
  node.daemon().Release();
  CheckCollected(pending.Wait());
}

TEST_CASE("Responses that clients do not read are bounded in memory") {
  Node node({"--max-answer-bytes", "0", "--max-in-flight-bytes", "5000000"});
  const std::string large = ManyContainers(4'000'000);
  node.Start(GoodDaemon(large));
  HttpCall slow(node.url(), RequestBytes("POST", kRoute));
  CHECK(slow.connection().Receive(1).bytes == "H");
  // The same response again needs no more memory.
  CHECK((Post(node.url()).body == large));

  node.Start(GoodDaemon(ManyContainers(3'000'000)));
  const auto rejected = Post(node.url());
  CheckText(rejected, 503,
            "Responses that clients have not read yet take all of 5000000 "
            "bytes (--max-in-flight-bytes). Ask again later.");
  CHECK(rejected.headers.at("retry-after") == "5");
  CheckText(Get(node.url(), "/healthz"), 200, "ok");

  slow.connection().Close();
  while (Post(node.url()).status != 200) {
  }
  CheckStops(node.server());
}

TEST_CASE("Pending requests whose clients left make room for others") {
  Node node({"--max-waiting", "10", "--timeout", "10m"});
  node.Start(RespondWhenReleased(GoodResponse()));
  std::vector<HttpCall> leaving = PostMany(node, 10);
  WaitForWaiting(node, 10);
  leaving.clear();
  // The server notices within its sweep.
  std::vector<HttpCall> staying;
  const auto stays = [&] {
    staying = PostMany(node, 1);
    return staying.back()
               .connection()
               .Receive(1, std::chrono::milliseconds(50))
               .end == RawClient::End::kTimedOut;
  };
  REQUIRE(WaitUntil(stays, kGenerous));
  node.daemon().Release();
  CheckCollected(staying.back().Wait());
  CheckStops(node.server());
}

TEST_CASE("Silent connections are closed") {
  LocalNode node([](Options& options) {
    options.http.idle_timeout = std::chrono::seconds(1);
    options.http.request_timeout = std::chrono::minutes(10);
  });
  RawClient silent(TcpHost(node.url()));
  CHECK(silent.ReceiveToEnd().end == RawClient::End::kClosed);
}

TEST_CASE("A pending request has no deadline") {
  LocalNode node([](Options& options) {
    options.http.request_timeout = std::chrono::seconds(1);
    options.http.send_timeout = std::chrono::seconds(1);
  });
  node.Start(RespondWhenReleased(ResponseBytes(200, kJson, kOneContainer)));
  HttpCall pending(node.url(), RequestBytes("POST", kRoute));
  CHECK(pending.connection().Receive(1, std::chrono::seconds(2)).end ==
        RawClient::End::kTimedOut);
  node.daemon().Release();
  CheckCollected(pending.Wait());
}

TEST_CASE("A second request on a connection has a deadline too") {
  LocalNode node([](Options& options) {
    options.http.request_timeout = std::chrono::seconds(1);
    options.http.send_timeout = std::chrono::minutes(10);
    options.http.idle_timeout = std::chrono::minutes(10);
  });
  RawClient client(TcpHost(node.url()));
  client.Send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET ");
  const RawClient::Received received = client.ReceiveToEnd();
  CHECK(received.end == RawClient::End::kClosed);
  CHECK(received.bytes.rfind("HTTP/1.1 200 OK", 0) == 0);
}

TEST_CASE("Connections that take too long are closed") {
  LocalNode node([](Options& options) {
    options.http.idle_timeout = std::chrono::seconds(1);
    options.http.request_timeout = std::chrono::seconds(2);
  });
  node.Start(GoodDaemon());
  SECTION("those that stop in the middle") {
    RawClient silent(TcpHost(node.url()));
    silent.Send("POST /processor/containercollector HTTP/1.1\r\nHost:");
    CHECK(silent.ReceiveToEnd().end == RawClient::End::kClosed);
  }
  SECTION("those that send a byte now and then") {
    RawClient slow(TcpHost(node.url()));
    slow.Send("POST /processor/containercollector HTTP/1.1\r\nHost: ");
    while (slow.Send("x") &&
           slow.Receive(1, std::chrono::milliseconds(100)).end ==
               RawClient::End::kTimedOut) {
    }
    SUCCEED("it was ended");
  }
  CheckCollected(Post(node.url()));
}

TEST_CASE("A connection is used again for as long as its client wants") {
  Node node;
  node.Start(GoodDaemon());
  RawClient client(TcpHost(node.url()));
  for (const char* path : {"/healthz", "/metrics", "/"}) {
    client.Send("GET " + std::string(path) +
                " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(client.Receive(15).bytes == "HTTP/1.1 200 OK");
    // The rest of the response.
    while (client.Receive(1, std::chrono::milliseconds(50)).end ==
           RawClient::End::kEnough) {
    }
  }
  CheckStops(node.server());
}

TEST_CASE("Requests that all come at one moment all get a response") {
  // Multiples of what an event loop takes at a time are where it may stop.
  for (const int count : {127, 128, 256, 512}) {
    CAPTURE(count);
    Node node({"--log-level", "error"});
    node.Start(GoodDaemon());
    node.server().Suspend();
    std::vector<HttpCall> calls = PostMany(node, count);
    node.server().Signal(SIGCONT);
    for (HttpCall& call : calls) CheckCollected(call.Wait());
    CheckStops(node.server());
  }
}
