// SPDX-License-Identifier: Apache-2.0
#include "lib/src/query_string.h"

#include <string>

#include "containercollector/error.h"
#include "tests/support/catch.h"

using namespace containercollector::internal;

TEST_CASE("A query string is split into decoded names and values, in order") {
  const auto [query, parameters] =
      GENERATE(table<std::string, QueryParameters>({
          {"", {}},
          {"all=1&size=0", {{"all", "1"}, {"size", "0"}}},
          {"&&a=1&&b&=c&d=&", {{"a", "1"}, {"b", ""}, {"", "c"}, {"d", ""}}},
          {"a=b=c", {{"a", "b=c"}}},
          {"%61%6C%6c=a+b%2B%26%3d%C3%A9", {{"all", "a b+&=\xC3\xA9"}}},
          {"a=%00x", {{"a", std::string("\0x", 2)}}},
      }));
  CHECK(ParseQueryString(query) == parameters);
}

TEST_CASE("A percent sign without two hexadecimal digits is an error") {
  const char* const query = GENERATE("a=%", "a=%4", "a=%zz", "%4g=1", "a=%+1",
                                     "a=%-1", "a=% 1", "a=%0x");
  CHECK_THROWS_AS(ParseQueryString(query), containercollector::Error);
}

TEST_CASE("What is encoded decodes to the same bytes") {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  CHECK(ParseQueryString("x=" + PercentEncode(every_byte)) ==
        QueryParameters{{"x", every_byte}});
  CHECK(PercentEncode("a-b._~{\"}") == "a-b._~%7B%22%7D");
}
