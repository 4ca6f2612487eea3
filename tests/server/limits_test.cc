// SPDX-License-Identifier: Apache-2.0
/// Each limit and deadline of the server, and that those within it are not
/// affected.
#include "server/process.h"
#include "tests/server/node.h"

using namespace containercollector::test;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

using End = RawClient::End;

/// Waits until a process has closed all but `count` of its files.
void WaitForOpenFiles(pid_t pid, std::size_t count) {
  INFO("open files: at most " << count);
  CHECK(WaitUntil([&] { return OpenFilesOf(pid) <= count; }, kGenerous));
}

/// A server in which only some deadlines matter.
LocalNode NodeWithDeadlines(seconds idle, seconds request,
                            seconds send = minutes(10)) {
  return LocalNode([&](Options& options) {
    options.http.idle_timeout = idle;
    options.http.request_timeout = request;
    options.http.send_timeout = send;
  });
}

}  // namespace

TEST_CASE("Requests over the limit are rejected until pending clients leave") {
  Node node({"--max-waiting", "100", "--timeout", "10m"});
  node.Start(GoodDaemon());
  CheckCollected(Post(node.url()));
  const std::size_t open_files = node.server().OpenFiles();
  node.Start(RespondWhenReleased(GoodResponse()));
  for (int round = 0; round < 3; ++round) {
    node.daemon().Hold();
    std::vector<HttpCall> calls = PostMany(node, 100);
    WaitForWaiting(node, 100);
    const HttpResponse rejected = Post(node.url());
    CheckText(rejected, 503, "Too many requests are pending. Try again later.");
    CHECK(rejected.headers.at("retry-after") == "5");
    CheckText(Get(node.url(), "/healthz"), 200, "ok");
    calls.erase(calls.begin(), calls.begin() + 50);
    // The server notices within its sweep.
    const auto stays = [&] {
      calls.emplace_back(node.url(), RequestBytes("POST", kRoute));
      if (calls.back().connection().Receive(1, milliseconds(50)).end ==
          End::kTimedOut)
        return true;
      calls.pop_back();
      return false;
    };
    REQUIRE(WaitUntil(stays, kGenerous));
    node.daemon().Release();
    for (HttpCall& call : calls) CheckCollected(call.Wait());
  }
  WaitForOpenFiles(node.server().pid(), open_files);
}

TEST_CASE("A batch whose call does not start in time is rejected") {
  Node node({"--timeout", "1s"});
  node.Start(NeverRespond());
  std::vector<HttpCall> calls;
  for (int limit = 1; limit <= 24; ++limit)
    for (HttpCall& call : PostMany(node, 2, "?limit=" + std::to_string(limit)))
      calls.push_back(std::move(call));
  int timed_out = 0;
  for (HttpCall& call : calls) {
    const HttpResponse response = call.Wait();
    if (response.status == 500) {
      ++timed_out;
    } else {
      CheckText(response, 503,
                "No call of the container runtime started in time, because "
                "requests with other options held every thread. Try again "
                "later.");
    }
  }
  CHECK(timed_out >= 2);
  CHECK(timed_out <= 46);
  // Of four calls at a time, each after one whose end the daemon may not have
  // seen yet.
  CHECK(node.daemon().MaxOpenConnections() <= 8);
}

TEST_CASE("A body of 4 MiB is accepted, and a larger one gets a 413") {
  Node node;
  node.Start(GoodDaemon());
  const std::string too_large =
      "The request's body is larger than the limit of 4194304 bytes "
      "(--max-body-bytes). It is not used: send {} or nothing.";
  const auto chunked = [](std::size_t size) {
    return RequestBytes("POST", kRoute, {{"Transfer-Encoding", "chunked"}}) +
           Chunk(std::string(size, 'x')) + std::string(kLastChunk);
  };
  const auto sized = [](std::size_t size) {
    return RequestBytes("POST", kRoute, {}, std::string(size, 'x'));
  };
  for (const std::string& request : {sized(4'194'304), chunked(4'194'304)})
    CheckCollected(HttpCall(node.url(), request).Wait());
  for (const std::string& request :
       {sized(4'194'305), chunked(4'194'305),
        // It is read to its last byte, without a reset before.
        sized(std::size_t{36} << 20),
        // Rejected before a byte of it came.
        RequestBytes("POST", kRoute, {{"Content-Length", "104857600"}}),
        RequestBytes(
            "POST", kRoute,
            {{"Content-Length", "5000000"}, {"Expect", "100-continue"}})}) {
    HttpCall call(node.url(), "");
    CHECK(call.connection().Send(request));
    CheckText(call.Wait(), 413, too_large);
  }
}

TEST_CASE("A client that sends without end is cut off") {
  Node node;
  node.Start(GoodDaemon());
  CheckCollected(Post(node.url()));
  const std::size_t memory = node.server().ResidentKiB();
  const std::string head =
      "POST /processor/containercollector HTTP/1.1\r\nHost: localhost\r\n";
  const std::string megabyte(1 << 20, 'x');
  std::string headers;
  while (headers.size() < megabyte.size()) headers += "X-Header: value\r\n";
  for (const auto& [begin, piece] :
       {std::pair(head, headers),
        std::pair(head + "Content-Length: 104857600\r\n\r\n", megabyte),
        std::pair(head + "Transfer-Encoding: chunked\r\n\r\n",
                  Chunk(megabyte))}) {
    RawClient client(TcpHost(node.url()));
    client.Send(begin);
    int sent = 0;
    while (sent < 100 && client.Send(piece)) ++sent;
    CHECK(sent < 100);
    const std::string response = client.ReceiveToEnd().bytes;
    CHECK((response.empty() || response.rfind("HTTP/1.1 4", 0) == 0));
  }
  if (MemoryIsMeasurable())
    CHECK(node.server().ResidentKiB() < memory + 4 * 1024);
  CheckCollected(Post(node.url()));
}

TEST_CASE("A head of 16 KiB is accepted, and a larger one is rejected") {
  Node node;
  node.Start(GoodDaemon());
  const std::size_t others = RequestBytes("POST", kRoute, {{"x", ""}}).size();
  const auto post = [&](std::size_t size) {
    return Post(node.url(), "", {{"x", std::string(size - others, 'y')}});
  };
  CheckCollected(post(16384));
  CHECK(post(16385).status == 431);
  // Those that do not even fit into the memory of a connection.
  const Headers many(4000, {"a", "b"});
  for (const HttpResponse& response :
       {post(33'000), post(400'000), Post(node.url(), "", many),
        Post(node.url(), "?" + std::string(33'000, 'y')),
        Post(node.url(), "?" + std::string(400'000, 'y'))}) {
    CAPTURE(response.status);
    CHECK((response.status == 431 || response.status == 414 ||
           response.status == 0));
  }
  CheckCollected(Post(node.url()));
}

TEST_CASE("Query parameters take no memory, however many there are") {
  Node node({"--log-level", "error"});
  const std::size_t memory = node.server().ResidentKiB();
  std::string query;
  for (int i = 0; i < 7500; ++i) query += "a&";
  for (int i = 0; i < 2000; ++i) {
    if (Get(node.url(), "/healthz?" + query).status != 200)
      FAIL("request " << i << " was rejected");
  }
  if (MemoryIsMeasurable())
    CHECK(node.server().ResidentKiB() < memory + 4 * 1024);
}

TEST_CASE("Responses that clients do not read are bounded in memory") {
  Node node({"--max-answer-bytes", "0", "--max-in-flight-bytes", "5000000"});
  const std::string large = ManyContainers(4'000'000);
  node.Start(GoodDaemon(large));
  HttpCall slow = Unread(node.url());
  // The same response again needs no more memory.
  CHECK((Post(node.url()).body == large));
  const auto in_flight = [&] {
    return MetricValue(
        Get(node.url(), "/metrics").body,
        R"(containercollector_in_flight_bytes{listener="main"})");
  };
  // The response of /metrics itself may count too.
  const auto bytes = static_cast<double>(large.size());
  CHECK(WaitUntil([&] { return in_flight() >= bytes; }, kGenerous));

  node.Start(GoodDaemon(ManyContainers(3'000'000)));
  const auto rejected = Post(node.url());
  CheckText(rejected, 503,
            "Responses that clients have not read yet take all of 5000000 "
            "bytes (--max-in-flight-bytes). Try again later.");
  CHECK(rejected.headers.at("retry-after") == "5");
  CheckText(Get(node.url(), "/healthz"), 200, "ok");

  slow.connection().Close();
  CHECK(WaitUntil([&] { return Post(node.url()).status == 200; }, kGenerous));
  CHECK(WaitUntil([&] { return in_flight() < 100'000; }, kGenerous));
}

TEST_CASE("1,000 idle connections do not harm others, and more are closed") {
  containercollector::server::AllowConnections(3000);
  LocalNode node([](Options& options) {
    options.http.max_connections = 1000;
    options.http.idle_timeout = minutes(10);
    options.http.request_timeout = minutes(10);
  });
  node.Start(RespondWhenReleased(GoodResponse()));
  HttpCall pending(node.url(), RequestBytes("POST", kRoute));
  REQUIRE(node.daemon().WaitForRequests(1, kGenerous));
  const std::size_t open_files = OpenFilesOf(getpid());
  std::vector<RawClient> idle;
  for (int i = 0; i < 1200; ++i) idle.emplace_back(TcpHost(node.url()));
  CheckText(Get(node.url(), "/healthz"), 200, "ok");
  // The longest idle one makes room, but the pending one does not.
  CHECK(idle.front().ReceiveToEnd().end == End::kClosed);
  for (const std::size_t i : {std::size_t{500}, idle.size() - 1})
    CHECK(idle.at(i).Receive(1, milliseconds(1)).end == End::kTimedOut);
  node.daemon().Release();
  CheckCollected(pending.Wait());
  idle.clear();
  WaitForOpenFiles(getpid(), open_files);
}

TEST_CASE("Clients that leave in the middle of a request keep no connection") {
  LocalNode node = NodeWithDeadlines(minutes(10), minutes(10));
  const std::string whole =
      RequestBytes("POST", kRoute, {}, std::string(50'000, ' '));
  const std::size_t open_files = OpenFilesOf(getpid());
  for (int i = 0; i < 100; ++i) {
    for (const std::size_t size : {std::size_t{20}, whole.size() / 2})
      CHECK(RawClient(TcpHost(node.url())).Send(whole.substr(0, size)));
  }
  WaitForOpenFiles(getpid(), open_files);
}

TEST_CASE("200 clients that do not read share the response and harm no one") {
  LocalNode node = NodeWithDeadlines(minutes(10), minutes(10));
  const std::string containers = ManyContainers(2'000'000);
  node.Start(GoodDaemon(containers));
  CHECK((Post(node.url()).body == containers));
  const std::size_t open_files = OpenFilesOf(getpid());
  const std::size_t memory = MemoryOf(getpid()).resident;
  std::vector<HttpCall> slow;
  while (slow.size() < 200) {
    // All have their responses before the next eight ask: 25 or more batches.
    for (HttpCall& call : PostMany(node, 8)) {
      CHECK(call.connection().Receive(1).bytes == "H");
      slow.push_back(std::move(call));
    }
  }
  for (HttpCall& call : slow) CHECK(call.connection().Receive(1).bytes == "T");
  // Both ends are in this process. The connection to the daemon may be there or
  // not.
  CHECK(OpenFilesOf(getpid()) + 2 >= open_files + 400);
  CHECK((Post(node.url()).body == containers));
  if (MemoryIsMeasurable())
    CHECK(MemoryOf(getpid()).resident < memory + 32 * 1024);

  // One that reads in the end gets all of it.
  CHECK(ParseResponse("HT" + slow.front().connection().ReceiveToEnd().bytes)
            .body == containers);
  slow.clear();
  WaitForOpenFiles(getpid(), open_files);
}

TEST_CASE("A client that takes too long to read is cut off") {
  LocalNode node = NodeWithDeadlines(minutes(10), minutes(10), seconds(1));
  node.Start(GoodDaemon(ManyContainers(8'000'000)));
  HttpCall slow = Unread(node.url());
  WaitForOpenFiles(getpid(), OpenFilesOf(getpid()) - 1);
  CHECK(ParseResponse("H" + slow.connection().ReceiveToEnd().bytes).status ==
        0);
}

TEST_CASE("A client that takes too long to send is cut off") {
  LocalNode idle = NodeWithDeadlines(seconds(1), minutes(10));
  LocalNode slow = NodeWithDeadlines(minutes(10), seconds(1));
  const std::string whole = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
  // One that is silent, one that stops in the middle of its first request, and
  // one that stops in its second.
  for (const auto& [node, bytes] :
       {std::pair(&idle, std::string()), std::pair(&idle, whole.substr(0, 20)),
        std::pair(&slow, whole + "GET ")}) {
    CAPTURE(bytes);
    RawClient client(TcpHost(node->url()));
    client.Send(bytes);
    const RawClient::Received received = client.ReceiveToEnd();
    CHECK(received.end == End::kClosed);
    CHECK((received.bytes.find("\r\n\r\nok") != std::string::npos) ==
          (node == &slow));
  }
  // One that sends a byte now and then.
  RawClient client(TcpHost(slow.url()));
  client.Send(whole.substr(0, 20));
  CHECK(WaitUntil(
      [&] {
        return !client.Send("x") ||
               client.Receive(1, milliseconds(100)).end != End::kTimedOut;
      },
      kGenerous));
}

TEST_CASE("A pending request has no deadline") {
  LocalNode node = NodeWithDeadlines(seconds(1), seconds(1), seconds(1));
  node.Start(RespondWhenReleased(GoodResponse()));
  HttpCall pending(node.url(), RequestBytes("POST", kRoute));
  CHECK(pending.connection().Receive(1, seconds(2)).end == End::kTimedOut);
  node.daemon().Release();
  CheckCollected(pending.Wait());
}
