// SPDX-License-Identifier: Apache-2.0

#include "server/log.h"

#include "tests/support/catch.h"

using namespace containercollector::server;

namespace {

std::string Logfmt(const std::string& value) {
  return FormatLogFields(LogFormat::kLogfmt, "m", {{"v", value}});
}
std::string Json(const std::string& value) {
  return FormatLogFields(LogFormat::kJson, "m", {{"v", value}});
}

}  // namespace

TEST_CASE("Log lines have one form, whatever the types of their values") {
  const LogFields fields = {{"text", std::string("a b")},
                            {"number", std::int64_t{-5}},
                            {"fraction", 1.23456}};
  CHECK(FormatLogFields(LogFormat::kLogfmt, "what", fields) ==
        R"(msg="what" text="a b" number=-5 fraction=1.235)");
  CHECK(FormatLogFields(LogFormat::kJson, "what", fields) ==
        R"("msg":"what","text":"a b","number":-5,"fraction":1.235)");
}

TEST_CASE("No value can end its quotes or its line") {
  CHECK(Logfmt("a\" b=\"c") == R"(msg="m" v="a\" b=\"c")");
  CHECK(Json("a\",\"b\":\"c") == R"("msg":"m","v":"a\",\"b\":\"c")");
  CHECK(Logfmt("a\nb\r\t") == R"(msg="m" v="a\nb\r\t")");
  CHECK(Json("a\nb\r\t") == R"("msg":"m","v":"a\\nb\\r\\t")");
  CHECK(Logfmt("a\\") == R"(msg="m" v="a\\")");
  CHECK(Json("a\\") == R"("msg":"m","v":"a\\\\")");
  CHECK(Logfmt("a\\\"") == R"(msg="m" v="a\\\"")");
}

TEST_CASE("Bytes that are not printable ASCII are shown by their codes") {
  using namespace std::string_literals;
  CHECK(Logfmt("\0\x1b[2J\x7f"s) == R"(msg="m" v="\x00\x1b[2J\x7f")");
  CHECK(Logfmt("\xc3\xa9\xff") == R"(msg="m" v="\xc3\xa9\xff")");
  CHECK(Json("\xff") == R"("msg":"m","v":"\\xff")");
}

TEST_CASE("Long values are cut") {
  CHECK(Logfmt(std::string(256, 'x')) ==
        "msg=\"m\" v=\"" + std::string(256, 'x') + "\"");
  CHECK(Logfmt(std::string(100'000, 'x')) ==
        "msg=\"m\" v=\"" + std::string(256, 'x') + "...\"");
}
