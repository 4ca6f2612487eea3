// SPDX-License-Identifier: Apache-2.0

#include "containercollector/processor.h"

#include <type_traits>

#include "tests/support/catch.h"

using namespace containercollector;
using Headers = std::vector<std::pair<std::string, std::string>>;

namespace {

Response RefusalOf(std::string_view method, std::string_view query) {
  return std::get<Response>(Processor::Parse(method, query));
}

}  // namespace

TEST_CASE("A POST asks for what its query says") {
  CHECK(std::get<ListOptions>(Processor::Parse("POST", "")) == ListOptions{});
  CHECK(std::get<ListOptions>(Processor::Parse("POST", "limit=2")).limit == 2);
}

TEST_CASE("Any other method is answered with 405") {
  const Response response = RefusalOf("GET", "limit=x");
  CHECK(response.status == 405);
  CHECK(response.content_type == "text/plain; charset=utf-8");
  CHECK(response.headers == Headers{{"Allow", "POST"}});
  CHECK(response.body == "method GET is not supported");
  for (const char* method : {"HEAD", "PUT", "DELETE", "OPTIONS", "post", ""}) {
    CHECK(RefusalOf(method, "").body ==
          std::string("method ") + method + " is not supported");
  }
  CHECK(RefusalOf(std::string(100, 'X'), "").body ==
        "method " + std::string(32, 'X') + " is not supported");
  CHECK(RefusalOf("G\xFFT", "").body ==
        "method G\xEF\xBF\xBDT is not supported");
}

TEST_CASE("A malformed query is answered with 400 and the parameter's name") {
  const Response response = RefusalOf("POST", "limit=x");
  CHECK(response.status == 400);
  CHECK(response.content_type == "text/plain; charset=utf-8");
  CHECK(response.headers.empty());
  CHECK(response.body ==
        "invalid limit \"x\": write how many containers are wanted, e.g. "
        "limit=10, or 0 for all");
  CHECK(response.error == ErrorCode::kInvalidArgument);
}

TEST_CASE("A processor moves and does not copy") {
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<Processor>);
  STATIC_REQUIRE(std::is_nothrow_move_assignable_v<Processor>);
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<Processor>);
}
