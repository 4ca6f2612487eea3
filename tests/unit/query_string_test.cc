// SPDX-License-Identifier: Apache-2.0

#include "lib/src/query_string.h"

#include <string>

#include "containercollector/error.h"
#include "tests/support/catch.h"

using namespace containercollector::internal;
using Parameters = QueryParameters;

TEST_CASE("A query string is split into decoded names and values, in order") {
  CHECK(ParseQueryString("") == Parameters{});
  CHECK(ParseQueryString("all=1&size=0") ==
        Parameters{{"all", "1"}, {"size", "0"}});
  CHECK(ParseQueryString("&&a=1&&b&=c&d=&") ==
        Parameters{{"a", "1"}, {"b", ""}, {"", "c"}, {"d", ""}});
  CHECK(ParseQueryString("a=b=c") == Parameters{{"a", "b=c"}});
  CHECK(ParseQueryString("%61%6C%6c=a+b%2B%26%3d%C3%A9") ==
        Parameters{{"all", "a b+&=\xC3\xA9"}});
  CHECK(ParseQueryString("a=%00x") == Parameters{{"a", std::string("\0x", 2)}});
}

TEST_CASE(
    "A percent sign without two hexadecimal digits makes a query string "
    "malformed") {
  for (const char* query :
       {"a=%", "a=%4", "a=%zz", "%4g=1", "a=%+1", "a=%-1", "a=% 1", "a=%0x"}) {
    CAPTURE(query);
    CHECK_THROWS_AS(ParseQueryString(query), containercollector::Error);
  }
}

TEST_CASE("What is encoded decodes to the same bytes") {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  CHECK(ParseQueryString("x=" + PercentEncode(every_byte)) ==
        Parameters{{"x", every_byte}});
  CHECK(PercentEncode("a-b._~{\"}") == "a-b._~%7B%22%7D");
}
