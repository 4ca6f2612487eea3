// SPDX-License-Identifier: Apache-2.0

/// The HTTP server's thread: what wakes it, and what it alone does.
#include "server/http/http_server.h"

#include <dlfcn.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <future>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>

#include "server/http/connection_deadlines.h"
#include "tests/server/no_threads.h"
#include "tests/support/catch.h"
#include "tests/support/file_descriptor.h"
#include "tests/support/http_client.h"
#include "tests/support/scripted_node.h"
#include "tests/support/wait.h"

using namespace containercollector::server;
using containercollector::test::HttpCall;
using containercollector::test::HugeThreadStacks;
using containercollector::test::kGenerous;
using containercollector::test::RawClient;
using containercollector::test::RequestBytes;
using containercollector::test::TcpHost;
using containercollector::test::WaitUntil;

namespace {

/// Leaves the connection open.
constexpr std::string_view kRequestNow =
    "GET /now HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// The thread that called MHD_quiesce_daemon() last.
std::atomic<std::thread::id> quiesced_by;

/// Hands requests for /later to the test, and responds to others at once.
class Handler final : public HttpHandler {
 public:
  std::optional<HttpResponse> Check(HttpRequest& request) override {
    request.body_reader = body;
    server_thread = std::this_thread::get_id();
    return std::nullopt;
  }
  void Handle(const HttpRequest& request, Responder responder) override {
    if (request.path == "/later") {
      const std::lock_guard lock(mutex_);
      later_.emplace(std::move(responder));
    } else {
      responder.Send(TextResponse(200, "now"));
    }
  }
  void Record(const RequestRecord& /*record*/) override {}
  void Sweep() override {}

  /// Counts the bytes that it gets.
  struct Body final : BodyReader {
    void Read(std::string_view piece) override { bytes += piece.size(); }
    std::atomic<std::size_t> bytes{0};
  };

  std::atomic<std::thread::id> server_thread;
  const std::shared_ptr<Body> body = std::make_shared<Body>();

  bool HasLater() {
    const std::lock_guard lock(mutex_);
    return later_.has_value();
  }
  Responder TakeLater() {
    const std::lock_guard lock(mutex_);
    Responder taken = *std::move(later_);
    later_.reset();
    return taken;
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
    REQUIRE(WaitUntil([&] { return sleepy.handler.HasLater(); }, kGenerous));
    // A response to a later request: the first one is suspended.
    other.Send(kRequestNow);
    REQUIRE(other.Receive(15).bytes == "HTTP/1.1 200 OK");
    while (other.Receive(1).bytes != "w") {
    }
    sleepy.handler.TakeLater().Send(TextResponse(200, "later"));
    REQUIRE(call.Wait(kGenerous).body == "later");
  }
}

TEST_CASE("The order to stop wakes the server's thread, which then stops") {
  // More than once, as the server may be awake when it gets the order.
  for (int i = 0; i < 10; ++i) {
    SleepyServer sleepy;
    RawClient client(TcpHost(sleepy.url));
    client.Send(kRequestNow);
    REQUIRE(client.Receive(15).bytes == "HTTP/1.1 200 OK");
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

TEST_CASE("Connections are renewed: idle ones now, busy ones when done") {
  SleepyServer sleepy;
  RawClient fresh(TcpHost(sleepy.url));
  RawClient idle(TcpHost(sleepy.url));
  idle.Send(kRequestNow);
  REQUIRE(idle.Receive(15).bytes == "HTTP/1.1 200 OK");
  RawClient busy(TcpHost(sleepy.url));
  busy.Send("GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
  REQUIRE(WaitUntil([&] { return sleepy.handler.HasLater(); }, kGenerous));
  sleepy.server->RenewConnections();
  CHECK(idle.ReceiveToEnd().end == RawClient::End::kClosed);
  CHECK(busy.Receive(1, std::chrono::milliseconds(1)).end ==
        RawClient::End::kTimedOut);
  sleepy.handler.TakeLater().Send(TextResponse(200, "later"));
  const RawClient::Received received = busy.ReceiveToEnd();
  CHECK(received.end == RawClient::End::kClosed);
  const auto response = containercollector::test::ParseResponse(received.bytes);
  CHECK(response.body == "later");
  CHECK(response.headers.at("connection") == "close");
  // Its request may be on the way.
  fresh.Send(kRequestNow);
  const RawClient::Received first = fresh.ReceiveToEnd();
  CHECK(first.end == RawClient::End::kClosed);
  CHECK(containercollector::test::ParseResponse(first.bytes).body == "now");
  // New ones stay open.
  RawClient other(TcpHost(sleepy.url));
  for (int i = 0; i < 2; ++i) {
    other.Send(kRequestNow);
    CHECK(other.Receive(15).bytes == "HTTP/1.1 200 OK");
    while (other.Receive(1).bytes != "w") {
    }
  }
}

TEST_CASE("A body is read up to its limit") {
  SleepyServer sleepy;
  const auto post = [&](const std::string& body) {
    return HttpCall(sleepy.url, RequestBytes("POST", "/now", {}, body))
        .Wait(kGenerous)
        .status;
  };
  CHECK(post(std::string(10, 'x')) == 200);
  CHECK(sleepy.handler.body->bytes == 10);
  CHECK(post(std::string(11, 'x')) == 413);
  CHECK(post(std::string(100'000, 'x')) == 413);
  CHECK(sleepy.handler.body->bytes == 10);
}

TEST_CASE("Room is made by receiving connections first, the oldest of them") {
  using Socket = containercollector::test::FileDescriptor;
  std::array<Socket, 4> ours;
  std::array<Socket, 4> theirs;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    std::array<int, 2> pair{};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()) == 0);
    ours.at(i) = Socket(pair[0]);
    theirs.at(i) = Socket(pair[1]);
  }
  const auto time = [](int seconds) {
    return ConnectionDeadlines::Time(std::chrono::seconds(seconds));
  };
  ConnectionDeadlines deadlines;
  deadlines.Sending(ours[0].get(), time(1));
  deadlines.Receiving(ours[1].get(), time(3));
  deadlines.Receiving(ours[2].get(), time(2));
  deadlines.Waiting(ours[3].get());
  const auto closed = [&] {
    std::string list;
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      char byte = 0;
      if (recv(theirs.at(i).get(), &byte, 1, MSG_DONTWAIT) == 0)
        list += std::to_string(i);
    }
    return list;
  };
  for (const char* expected : {"2", "12", "012", "012"}) {
    deadlines.CloseLongest();
    CHECK(closed() == expected);
  }
}

TEST_CASE("An HTTP server that cannot start its thread says so") {
  Handler handler;
  ListenSocket socket("127.0.0.1", 0);
  const std::string endpoint = socket.endpoint();
  const HugeThreadStacks no_threads;
  CHECK_THROWS_WITH(
      HttpServer(std::move(socket), HttpOptions{}, handler),
      "Cannot start the HTTP server on " + endpoint +
          ": Resource temporarily unavailable. Raise the limit of memory or "
          "threads.");
}
