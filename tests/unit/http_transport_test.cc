// SPDX-License-Identifier: Apache-2.0
#include "lib/src/http/http_transport.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>

#include "lib/src/http/curl.h"
#include "tests/support/catch.h"

using namespace containercollector::internal;

namespace {

int destroyed = 0;

struct FakeHandle {
  explicit FakeHandle(bool is_clean = true) : clean(is_clean) {}
  ~FakeHandle() { ++destroyed; }
  FakeHandle(const FakeHandle&) = delete;
  FakeHandle& operator=(const FakeHandle&) = delete;
  bool IsClean() const { return clean; }

  bool clean;
};

/// Returns what `child` returns in a forked process.
template <typename Child>
int ResultInChild(Child child) {
  const pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) _exit(child());
  int status = -1;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("A pool returns clean handles and destroys the others") {
  destroyed = 0;
  IdlePool<FakeHandle> pool;
  pool.Keep(std::make_unique<FakeHandle>());
  pool.Keep(std::make_unique<FakeHandle>(false));
  CHECK(pool.Take() != nullptr);
  CHECK(destroyed == 2);
  CHECK(pool.Take() == nullptr);
}

TEST_CASE("A forked process neither uses nor destroys its parent's handles") {
  std::optional<IdlePool<FakeHandle>> pool;
  pool.emplace();
  pool->Keep(std::make_unique<FakeHandle>());
  destroyed = 0;
  CHECK(ResultInChild([&] {
          const bool none = pool->Take() == nullptr;
          pool.reset();
          return none ? destroyed : -1;
        }) == 0);
  CHECK(ResultInChild([&] {
          pool.reset();
          return destroyed;
        }) == 0);
  CHECK(pool->Take() != nullptr);
}

TEST_CASE("The end of a connection is distinguished from another protocol") {
  const auto kind = [](CURLcode code, int os_error, const std::string& text,
                       const char* body = "") {
    std::size_t bytes_left = 1;
    ArrivingResponse arriving(&bytes_left);
    CHECK(arriving.AddBody(body, -1));
    return KindOf({code, os_error, true, true, text}, arriving, Endpoint());
  };
  const std::string misunderstood =
      "Remote peer returned unexpected data while we expected SETTINGS frame.";
  // What libcurl 7.88 to 8.23 report.
  CHECK(kind(CURLE_HTTP2, EPIPE, "Send failure: Broken pipe") ==
        FailureKind::kClosed);
  CHECK(kind(CURLE_HTTP2, 0, curl_easy_strerror(CURLE_HTTP2)) ==
        FailureKind::kClosed);
  CHECK(kind(CURLE_SEND_ERROR, EPIPE, "Send failure: Broken pipe") ==
        FailureKind::kClosed);
  CHECK(kind(CURLE_RECV_ERROR, ECONNRESET, "Recv failure", "a") ==
        FailureKind::kTruncated);
  CHECK(kind(CURLE_HTTP2, 0, misunderstood) == FailureKind::kInvalidHttp);
  CHECK(kind(CURLE_SEND_ERROR, EPIPE, misunderstood) ==
        FailureKind::kInvalidHttp);
  CHECK(kind(CURLE_RECV_ERROR, 0, "Failure in chunked-encoding") ==
        FailureKind::kInvalidHttp);
}
