// SPDX-License-Identifier: Apache-2.0
/// The HTTP server's thread: what wakes it, what it alone does, and how it
/// serves connections.
#include "server/http/http_server.h"

#include <dlfcn.h>

#include <future>

#include "tests/server/node.h"

using namespace containercollector::test;
using namespace containercollector::server;

namespace {

using End = RawClient::End;

/// Leave the connection open.
const std::string kNow = "GET /now HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string kLater = "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// The size of the response to a request for /large, which no buffer takes.
constexpr std::size_t kLarge = 8'000'000;

/// The thread that called MHD_quiesce_daemon() last.
std::atomic<std::thread::id> quiesced_by;

/// Hands requests for /later to the test, and responds to others at once.
class Handler final : public HttpHandler {
 public:
  std::optional<containercollector::server::HttpResponse> Check(
      HttpRequest& request) override {
    request.body_reader = body;
    server_thread = std::this_thread::get_id();
    return std::nullopt;
  }
  void Handle(const HttpRequest& request, Responder responder) override {
    if (request.path == "/later") {
      const std::lock_guard lock(mutex_);
      later_.emplace(std::move(responder));
    } else {
      responder.Send(TextResponse(
          200, request.path == "/large" ? std::string(kLarge, 'x') : "now"));
    }
  }
  void Record(const RequestRecord& /*record*/) override {}
  void Sweep(std::size_t /*connections*/,
             std::size_t /*in_flight_bytes*/) override {}

  /// Counts the bytes that it gets.
  struct Body final : BodyReader {
    void Read(std::string_view piece) override { bytes += piece.size(); }
    std::atomic<std::size_t> bytes{0};
  };

  std::atomic<std::thread::id> server_thread;
  const std::shared_ptr<Body> body = std::make_shared<Body>();

  void WaitForLater() {
    REQUIRE(WaitUntil(
        [&] {
          const std::lock_guard lock(mutex_);
          return later_.has_value();
        },
        kGenerous));
  }
  void SendLater() {
    const std::lock_guard lock(mutex_);
    later_->Send(TextResponse(200, "later"));
    later_.reset();
  }

 private:
  std::mutex mutex_;
  std::optional<Responder> later_;
};

/// A server that sleeps until something wakes it.
struct SleepyServer {
  SleepyServer() {
    HttpOptions options;
    options.sweep_interval = std::chrono::hours(1);
    options.idle_timeout = std::chrono::hours(1);
    options.request_timeout = std::chrono::hours(1);
    options.max_body_bytes = 10;
    ListenSocket socket("127.0.0.1", 0);
    url = "http://" + socket.endpoint();
    server.emplace(std::move(socket), options, handler);
  }

  Handler handler;
  std::string url;
  std::optional<HttpServer> server;
};

/// Sends a request for /now and receives its response.
void AskNow(RawClient& client) {
  client.Send(kNow);
  REQUIRE(client.Receive(15).bytes == "HTTP/1.1 200 OK");
  while (client.Receive(1).bytes != "w") {
  }
}

bool CanConnect(const std::string& url) {
  try {
    const RawClient client(TcpHost(url));
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace

/// Takes the place of libmicrohttpd's function, which it calls.
extern "C" __attribute__((visibility("default"))) int MHD_quiesce_daemon(
    struct MHD_Daemon* daemon) {
  quiesced_by = std::this_thread::get_id();
  static const auto real = reinterpret_cast<decltype(&MHD_quiesce_daemon)>(
      dlsym(RTLD_NEXT, "MHD_quiesce_daemon"));
  return real(daemon);
}

TEST_CASE("A response from another thread wakes the server") {
  SleepyServer sleepy;
  // This connection stays open: the server has nothing to do for it.
  RawClient other(TcpHost(sleepy.url));
  for (int i = 0; i < 20; ++i) {
    CAPTURE(i);
    HttpCall call(sleepy.url, RequestBytes("GET", "/later"));
    sleepy.handler.WaitForLater();
    // A response to a later request: the first one is suspended.
    AskNow(other);
    sleepy.handler.SendLater();
    REQUIRE(call.Wait(kGenerous).body == "later");
  }
}

TEST_CASE("The order to stop wakes the server's thread, which then stops") {
  // More than once, as the server may be awake when it gets the order.
  for (int i = 0; i < 10; ++i) {
    SleepyServer sleepy;
    RawClient client(TcpHost(sleepy.url));
    AskNow(client);
    quiesced_by = std::thread::id();
    sleepy.server->StopAccepting();
    // A connection would wake the server too.
    REQUIRE(WaitUntil([&] { return quiesced_by.load() != std::thread::id(); },
                      kGenerous));
    // Until then libmicrohttpd uses the listening socket on this thread.
    CHECK(quiesced_by.load() == sleepy.handler.server_thread.load());
    CHECK(WaitUntil([&] { return !CanConnect(sleepy.url); }, kGenerous));
    std::future<void> end = std::async(std::launch::async, [&] {
      sleepy.server->Shutdown(std::chrono::steady_clock::now() + kGenerous);
    });
    CHECK(end.wait_for(kGenerous) == std::future_status::ready);
  }
}

TEST_CASE("Idle connections are renewed at once, busy ones when done") {
  SleepyServer sleepy;
  RawClient fresh(TcpHost(sleepy.url));
  RawClient idle(TcpHost(sleepy.url));
  AskNow(idle);
  RawClient busy(TcpHost(sleepy.url));
  busy.Send(kLater);
  sleepy.handler.WaitForLater();
  RawClient reading(TcpHost(sleepy.url));
  reading.Send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
  REQUIRE(reading.Receive(1).bytes == "H");
  sleepy.server->RenewConnections();
  CHECK(idle.ReceiveToEnd().end == End::kClosed);
  CHECK(busy.Receive(1, std::chrono::milliseconds(1)).end == End::kTimedOut);
  sleepy.handler.SendLater();
  const RawClient::Received received = busy.ReceiveToEnd();
  CHECK(received.end == End::kClosed);
  const auto response = ParseResponse(received.bytes);
  CHECK(response.body == "later");
  CHECK(response.headers.at("connection") == "close");
  // Its response began before that.
  const RawClient::Received rest = reading.ReceiveToEnd();
  CHECK(rest.end == End::kClosed);
  CHECK(rest.bytes.size() > kLarge);
  // Its request may be on the way.
  fresh.Send(kNow);
  const RawClient::Received first = fresh.ReceiveToEnd();
  CHECK(first.end == End::kClosed);
  CHECK(ParseResponse(first.bytes).body == "now");
  // New ones stay open.
  RawClient other(TcpHost(sleepy.url));
  for (int i = 0; i < 2; ++i) AskNow(other);
}

TEST_CASE("A body is read up to its limit") {
  SleepyServer sleepy;
  const auto post = [&](std::size_t size) {
    return HttpCall(sleepy.url,
                    RequestBytes("POST", "/now", {}, std::string(size, 'x')))
        .Wait(kGenerous)
        .status;
  };
  CHECK(post(10) == 200);
  CHECK(sleepy.handler.body->bytes == 10);
  CHECK(post(11) == 413);
  CHECK(post(100'000) == 413);
  CHECK(sleepy.handler.body->bytes == 10);
}

TEST_CASE("An HTTP server that cannot start its thread says so") {
  Handler handler;
  ListenSocket socket("127.0.0.1", 0);
  const std::string endpoint = socket.endpoint();
  const RoomForThreads none(0);
  CHECK_THROWS_WITH(
      HttpServer(std::move(socket), HttpOptions{}, handler),
      "Cannot start the HTTP server on " + endpoint +
          ": Resource temporarily unavailable. Raise the limit of memory or "
          "threads.");
}

TEST_CASE("A client that has finished sending gets its response") {
  Node node;
  node.Start(GoodDaemon());
  // Other connections must not change that.
  std::vector<RawClient> others;
  for (const std::size_t count : {0, 1, 5}) {
    while (others.size() < count) others.emplace_back(TcpHost(node.url()));
    CAPTURE(count);
    for (const std::string& request :
         {RequestBytes("GET", "/healthz"), RequestBytes("GET", "/metrics"),
          RequestBytes("POST", kRoute), RequestBytes("POST", kRoute, {}, "{}"),
          RequestBytes("POST", kRoute, {}, std::string(300'000, ' '))}) {
      HttpCall call(node.url(), request);
      call.connection().FinishSending();
      CHECK(call.Wait().status == 200);
    }
  }
  node.daemon().SetScript(RespondWhenReleased(GoodResponse()));
  std::vector<HttpCall> calls = PostMany(node, 10);
  WaitForWaiting(node, 10);
  for (HttpCall& call : calls) call.connection().FinishSending();
  CheckText(Get(node.url(), "/healthz"), 200, "ok");
  // Longer than the server takes to look who left.
  CHECK(calls.front()
            .connection()
            .Receive(1, std::chrono::milliseconds(600))
            .end == End::kTimedOut);
  node.daemon().Release();
  for (HttpCall& call : calls) CheckCollected(call.Wait());
}

TEST_CASE("Pipelined requests get their responses in turn") {
  constexpr int kRequests = 100;
  Node node;
  node.Start(GoodDaemon());
  const std::string host = " HTTP/1.1\r\nHost: localhost\r\n";
  const std::string health = "GET /healthz" + host + "\r\n";
  std::string requests;
  for (int i = 0; i < kRequests; ++i)
    requests += "POST " + std::string(kRoute) + host +
                "Content-Length: 2\r\n\r\n{}" + health;
  // What follows a rejection is not read: the request may have been anything.
  HttpCall call(node.url(), requests + "GET /nowhere" + host + "\r\n" + health);
  call.connection().FinishSending();
  const std::string responses = call.connection().ReceiveToEnd().bytes;
  std::size_t at = 0;
  for (int i = 0; i < kRequests && at != std::string::npos; ++i) {
    at = responses.find(kOneContainer, at);
    at = responses.find("\r\n\r\nok", at);
  }
  REQUIRE(at != std::string::npos);
  at = responses.find("HTTP/1.1 ", at);
  CHECK(responses.compare(at, 12, "HTTP/1.1 404") == 0);
  CHECK(responses.find("HTTP/1.1 ", at + 1) == std::string::npos);
  CHECK(node.daemon().Requests().size() == kRequests);
}

TEST_CASE("Requests that arrive at the same moment all get a response") {
  // Multiples of what an event loop takes at a time are where it may stop.
  for (const int count : {127, 128, 256, 512}) {
    CAPTURE(count);
    Node node({"--log-level", "error"});
    node.Start(GoodDaemon());
    node.server().Suspend();
    std::vector<HttpCall> calls = PostMany(node, count);
    node.server().Signal(SIGCONT);
    for (HttpCall& call : calls) CheckCollected(call.Wait());
  }
}
