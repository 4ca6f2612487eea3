// SPDX-License-Identifier: Apache-2.0
#include "lib/src/http/arriving_response.h"

#include <cstdint>
#include <limits>
#include <string>

#include "tests/support/catch.h"

using namespace containercollector::internal;

namespace {
constexpr std::int64_t kUnknown = -1;
}

TEST_CASE("A body up to its limit is collected") {
  ArrivingResponse response(5);
  CHECK(response.AddBody("abc", kUnknown));
  CHECK(response.AddBody("de", kUnknown));
  CHECK_FALSE(response.rejected());
  CHECK(response.body() == "abcde");
  CHECK_FALSE(response.AddBody("f", kUnknown));
  CHECK(response.rejected() == FailureKind::kBodyTooLarge);
  CHECK(response.TakeBody() == "abcde");
}

TEST_CASE("Memory for the body is allocated once if its length is known") {
  ArrivingResponse response(1'000'000);
  CHECK(response.AddBody("a", 1000));
  CHECK(response.body().capacity() >= 1000);
}

TEST_CASE("Memory for the body is allocated once if its length is guessed") {
  ArrivingResponse response(1'000'000, 1000);
  CHECK(response.AddBody("a", kUnknown));
  CHECK(response.body().capacity() >= 1000);

  ArrivingResponse known(1'000'000, 100'000);
  CHECK(known.AddBody("a", 1000));
  CHECK(known.body().capacity() < 2000);
}

TEST_CASE("A guessed length allocates no more than the limit") {
  ArrivingResponse response(1000, std::numeric_limits<std::size_t>::max());
  CHECK(response.AddBody("a", kUnknown));
  CHECK(response.body().capacity() < 2000);
}

TEST_CASE("The length that a daemon claims allocates no more than the limit") {
  ArrivingResponse response(1000);
  CHECK(response.AddBody("a", std::numeric_limits<std::int64_t>::max()));
  CHECK(response.body().capacity() < 2000);
}

TEST_CASE("Header lines up to their limit are accepted") {
  ArrivingResponse response(5);
  CHECK(response.AddHeader(std::string(kMaxHeaderBytes - 1, 'x')));
  CHECK(response.AddHeader("x"));
  CHECK_FALSE(response.rejected());
  CHECK_FALSE(response.AddHeader("x"));
  CHECK(response.rejected() == FailureKind::kHeadersTooLarge);
}

TEST_CASE("A head ends with its empty line") {
  ArrivingResponse response(5);
  CHECK_FALSE(response.head_ended());
  for (const char* line :
       {"HTTP/1.1 100 Continue\r\n", "\r\n", "HTTP/1.1 200 OK\r\n",
        "Content-Type: text/plain\r\n", "Content-Le"}) {
    CHECK(response.AddHeader(line));
  }
  CHECK_FALSE(response.head_ended());
  CHECK(response.AddHeader("\r\n"));
  CHECK(response.head_ended());
  CHECK(response.AddHeader("Trailer: 1\r\n"));
  CHECK(response.head_ended());
}

TEST_CASE("A lack of memory is an error of this process") {
  ArrivingResponse response(std::numeric_limits<std::size_t>::max() / 2);
  CHECK_FALSE(response.AddBody("a", std::numeric_limits<std::int64_t>::max()));
  CHECK(response.rejected() == FailureKind::kInternal);
}

TEST_CASE("Responses that share a bound reach it together") {
  std::size_t bytes_left = 5;
  ArrivingResponse first(&bytes_left);
  ArrivingResponse second(&bytes_left);
  CHECK(first.AddBody("abc", kUnknown));
  CHECK(second.AddBody("de", kUnknown));
  CHECK(bytes_left == 0);
  CHECK_FALSE(first.AddBody("f", kUnknown));
  CHECK(first.rejected() == FailureKind::kBodyTooLarge);
  CHECK_FALSE(second.rejected());
}
