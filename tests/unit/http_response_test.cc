// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <limits>
#include <string>

#include "lib/src/http/response.h"
#include "tests/support/catch.h"

using namespace containercollector::internal;

namespace {

constexpr std::int64_t kUnknown = -1;
constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();

/// Returns the capacity of a body after its first byte.
std::size_t CapacityFor(std::size_t limit, std::int64_t length,
                        std::size_t expected = 0) {
  ArrivingResponse response(&limit, expected);
  CHECK(response.AddBody("a", length));
  return response.response().body.capacity();
}

}  // namespace

TEST_CASE("Bodies that share a limit are collected until they reach it") {
  std::size_t bytes_left = 5;
  ArrivingResponse first(&bytes_left);
  ArrivingResponse second(&bytes_left);
  CHECK(first.AddBody("ab", kUnknown));
  CHECK(first.AddBody("c", kUnknown));
  CHECK(second.AddBody("de", kUnknown));
  CHECK(bytes_left == 0);
  CHECK_FALSE(first.AddBody("f", kUnknown));
  CHECK(first.rejected() == FailureKind::kBodyTooLarge);
  CHECK_FALSE(second.rejected());
  CHECK(first.response().body == "abc");
}

TEST_CASE("Memory for a body is allocated once, up to the limit") {
  CHECK(CapacityFor(1'000'000, 1000) >= 1000);
  CHECK(CapacityFor(1'000'000, kUnknown, 1000) >= 1000);
  CHECK(CapacityFor(1'000'000, 1000, 100'000) < 2000);
  CHECK(CapacityFor(1000, kUnknown, std::numeric_limits<std::size_t>::max()) <
        2000);
  CHECK(CapacityFor(1000, kHuge) < 2000);
}

TEST_CASE("A lack of memory is an error of this process") {
  std::size_t limit = std::numeric_limits<std::size_t>::max() / 2;
  ArrivingResponse response(&limit);
  CHECK_FALSE(response.AddBody("a", kHuge));
  CHECK(response.rejected() == FailureKind::kInternal);
}

TEST_CASE("Header lines up to their limit are accepted") {
  std::size_t limit = 5;
  ArrivingResponse response(&limit);
  CHECK(response.AddHeader(std::string(kMaxHeaderBytes - 1, 'x')));
  CHECK(response.AddHeader("x"));
  CHECK_FALSE(response.rejected());
  CHECK_FALSE(response.AddHeader("x"));
  CHECK(response.rejected() == FailureKind::kHeadersTooLarge);
}

TEST_CASE("The headers of the last head are kept apart from the trailers") {
  std::size_t limit = 5;
  ArrivingResponse arriving(&limit);
  const auto add = [&](std::initializer_list<const char*> lines) {
    for (const char* line : lines) CHECK(arriving.AddHeader(line));
  };
  add({"HTTP/1.1 103 Early Hints\r\n", "Type: early\r\n", "\r\n",
       "HTTP/1.1 200 All  right \r\n", "TYPE:  a: b \r\n", "Empty:\r\n",
       "no colon"});
  CHECK_FALSE(arriving.head_ended());
  add({"\r\n", "type: c\r\n", "Type: d\r\n", "\r\n"});
  CHECK(arriving.head_ended());
  const HttpResponse& response = arriving.response();
  CHECK(response.reason == "All  right");
  CHECK(response.Header("type") == "a: b");
  CHECK(response.Header("Empty").empty());
  CHECK(response.Header("Typ").empty());
  CHECK(response.headers.size() == 2);
  const auto trailers = ValuesOf(response.trailers, "Type");
  REQUIRE(trailers.size() == 2);
  CHECK(trailers[0] == "c");
  CHECK(trailers[1] == "d");
  for (const char* line : {"HTTP/2 200 \r\n", "HTTP/1.1 200\r\n", "HTTP/"}) {
    add({line});
    CHECK(response.reason.empty());
  }
}
