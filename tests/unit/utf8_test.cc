// SPDX-License-Identifier: Apache-2.0

#include "lib/src/json/utf8.h"

#include <string>

#include "tests/support/catch.h"

using containercollector::internal::IsValidUtf8;
using containercollector::internal::RepairUtf8;

namespace {

constexpr const char* kBad = "\xEF\xBF\xBD";

std::string Times(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += kBad;
  return text;
}

}  // namespace

TEST_CASE("Valid UTF-8 is left as it is") {
  for (const std::string text :
       {"", "plain text of more than eight bytes", "\xC2\x80\xDF\xBF",
        "\xE0\xA0\x80\xED\x9F\xBF", "\xEE\x80\x80\xEF\xBF\xBF",
        "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", "12345678\xC3\xA9 12345678"}) {
    CAPTURE(text);
    CHECK(IsValidUtf8(text));
    CHECK(RepairUtf8(text) == text);
  }
}

TEST_CASE("Each byte that is not UTF-8 becomes one U+FFFD") {
  struct Case {
    std::string text;
    std::string repaired;
  };
  for (const Case& c : {
           Case{"a\xFF\xFE"
                "b",
                "a" + Times(2) + "b"},
           Case{"\xE2\x82", Times(2)},  // A character that is cut off.
           Case{"\xE2\x82"
                "a",
                Times(2) + "a"},
           Case{"\xED\xA0\x80", Times(3)},  // A surrogate.
           Case{"\xC0\xAF|\xF4\x90\x80\x80",
                Times(2) + "|" + Times(4)},  // Overlong, and beyond U+10FFFF.
           Case{"\xE0\x9F\xBF", Times(3)},
           Case{"\xF0\x8F\xBF\xBF", Times(4)},
           Case{"\xF5\x80\x80\x80", Times(4)},
           Case{"\x80", Times(1)},
           Case{"1234567\xC3", "1234567" + Times(1)},
       }) {
    CAPTURE(c.text);
    CHECK_FALSE(IsValidUtf8(c.text));
    CHECK(RepairUtf8(c.text) == c.repaired);
  }
}
