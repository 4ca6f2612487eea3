// SPDX-License-Identifier: Apache-2.0
#include "lib/src/http/http2_transport.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <thread>

#include "lib/src/cri/runtime_service.h"
#include "tests/support/catch.h"
#include "tests/support/error_of.h"
#include "tests/support/scripted_node.h"
#include "tests/support/scripted_runtime.h"

using namespace containercollector;
using namespace containercollector::internal;
using namespace containercollector::test;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

struct Http2Node {
  explicit Http2Node(const RuntimeScript& script, std::size_t max_bytes = 1000)
      : runtime(dir / "r.sock", script),
        transport(ParseEndpoint(runtime.endpoint(), RuntimeKind::kCri), [&] {
          RuntimeOptions options;
          options.max_response_bytes = max_bytes;
          return options;
        }()) {}

  /// Makes up to `count` requests and counts the results by their failure.
  void Post(std::size_t count, const CallLimit& limit) {
    transport.PostAll(
        [&]() -> std::optional<PostRequest> {
          if (started == count) return std::nullopt;
          ++started;
          return PostRequest{"/service/" + std::to_string(started),
                             std::string(5, '\0'), 1h,
                             [&](const HttpResponse& response) {
                               ++ended;
                               last = response.failure;
                               if (response.failure) ++failed;
                             }};
        },
        limit);
  }

  TempDir dir;
  ScriptedRuntime runtime;
  Http2Transport transport;
  std::size_t started = 0;
  std::size_t ended = 0;
  std::size_t failed = 0;
  std::optional<Failure> last;
};

RuntimeResponse Hanging() {
  RuntimeResponse response;
  response.when_released = true;
  return response;
}

}  // namespace

TEST_CASE("A request gets no more time than its call has left") {
  // The second request starts late.
  Http2Node node([](const RuntimeCall& call) {
    if (call.method != "1") return Hanging();
    RuntimeResponse response;
    response.delay = 1500ms;
    return response;
  });
  const auto start = steady_clock::now();
  const CallLimit limit = CallLimit::Of({}, 2s);
  node.Post(1, limit);
  CHECK_FALSE(node.last);
  node.Post(2, limit);
  CHECK(node.ended == 2);
  REQUIRE(node.last);
  CHECK(node.last->kind == FailureKind::kResponseTimeout);
  CHECK(node.last->elapsed == 2s);
  CHECK(steady_clock::now() - start < 3s);
}

TEST_CASE("A cancelled call ends all its requests and starts no others") {
  Http2Node node([](const RuntimeCall&) { return Hanging(); });
  Cancellation cancellation;
  CallOptions call;
  call.cancellation = &cancellation;
  std::thread canceller([&] {
    CHECK(node.runtime.WaitForCalls(16, kGenerous));
    cancellation.Cancel();
  });
  node.Post(1000, CallLimit::Of(call, kGenerous));
  canceller.join();
  CHECK(node.started == 16);
  CHECK(node.failed == 16);
  REQUIRE(node.last);
  CHECK(node.last->kind == FailureKind::kCancelled);
}

TEST_CASE("The limit applies to all bodies in memory together") {
  RuntimeResponse response;
  response.body = std::string(1000, 'x');
  Http2Node node([response](const RuntimeCall&) { return response; }, 16'000);
  node.Post(100, CallLimit::Of({}, kGenerous));
  CHECK(node.ended == 100);
  CHECK(node.failed == 0);
  node.runtime.SetScript([response](const RuntimeCall&) {
    RuntimeResponse large = response;
    large.body.resize(16'001);
    return large;
  });
  node.Post(101, CallLimit::Of({}, kGenerous));
  REQUIRE(node.last);
  CHECK(node.last->kind == FailureKind::kBodyTooLarge);
}

TEST_CASE("A service without HTTP/2 is probed over HTTP/1.1 for a second") {
  const TempDir dir;
  ScriptedDaemon daemon(UnixSocket{dir / "r.sock"},
                        [](const Request& request, Exchange& exchange) {
                          if (request.path == "/_ping") return exchange.Hang();
                          exchange.Close();
                        });
  const cri::RuntimeService service(
      ParseEndpoint(daemon.Host(), RuntimeKind::kCri), RuntimeOptions{});
  const auto start = steady_clock::now();
  const auto call = [&] {
    return service.Call({0, "Version", "", ""}, CallLimit::Of({}, kGenerous));
  };
  CHECK(ErrorOf(call).code() != ErrorCode::kTimeout);
  CHECK(daemon.Requests().back().path == "/_ping");
  CHECK(steady_clock::now() - start < kGenerous / 2);
}
