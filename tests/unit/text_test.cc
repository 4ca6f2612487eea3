// SPDX-License-Identifier: Apache-2.0
#include "lib/src/text.h"

#include <string>

#include "tests/support/catch.h"

using namespace containercollector::internal;

TEST_CASE("Valid UTF-8 is left as it is") {
  const std::string text =
      GENERATE("", "plain text of more than eight bytes", "\xC2\x80\xDF\xBF",
               "\xE0\xA0\x80\xED\x9F\xBF", "\xEE\x80\x80\xEF\xBF\xBF",
               "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", "12345678\xC3\xA9 12345678");
  CHECK(IsValidUtf8(text));
  CHECK(RepairUtf8(text) == text);
}

TEST_CASE("Each byte that is not UTF-8 becomes one U+FFFD") {
  // In `repaired`, "?" stands for U+FFFD.
  const auto [text, repaired] = GENERATE(table<std::string, std::string>({
      {"a\xFF\xFE|b", "a??|b"},
      {"\xE2\x82", "??"},
      {"\xE2\x82|a", "??|a"},
      {"\xED\xA0\x80|\xED\xBF\xBF", "???|???"},  // Surrogates.
      {"\xC0\xAF|\xC1\xBF", "??|??"},            // Overlong, as the next two.
      {"\xE0\x9F\xBF", "???"},
      {"\xF0\x8F\xBF\xBF", "????"},
      {"\xF4\x90\x80\x80|\xF5\x80\x80\x80", "????|????"},  // Above U+10FFFF.
      {"\xF8\x90\x80\x80|\x80\xBF", "????|??"},            // No first byte.
      {"1234567\xC3", "1234567?"},
  }));
  CAPTURE(text);
  CHECK_FALSE(IsValidUtf8(text));
  std::string marked = RepairUtf8(text);
  for (std::size_t i; (i = marked.find("\xEF\xBF\xBD")) != std::string::npos;)
    marked.replace(i, 3, "?");
  CHECK(marked == repaired);
}

TEST_CASE("Keys match in any case, as Unicode folds it") {
  CHECK(EqualFold("KernelStatus", "kERNELsTATUS"));
  CHECK(EqualFold("KernelStatus",
                  "\xE2\x84\xAA"
                  "ernel\xC5\xBFtatu\xC5\xBF"));
  for (const char* key : {"", "Kernel", "KernelStatus2", "KernelStatu\xC5",
                          "Kernel Status", "\xC4\xB1"})
    CHECK_FALSE(EqualFold("KernelStatus", key));
}
