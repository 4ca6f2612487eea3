// SPDX-License-Identifier: Apache-2.0
#include "containercollector/list_options.h"

#include <array>
#include <string>
#include <vector>

#include "containercollector/error.h"
#include "lib/src/docker/messages.h"
#include "lib/src/query_string.h"
#include "tests/support/catch.h"
#include "tests/support/error_of.h"

using namespace containercollector;
using containercollector::internal::PercentEncode;

namespace {

Filters ParseFilters(const std::string& json) {
  return ParseListOptions("filters=" + PercentEncode(json)).filters;
}

}  // namespace

TEST_CASE("All containers are listed unless the query says otherwise") {
  CHECK(ParseListOptions("") == ListOptions{});
  CHECK(ParseListOptions("").all);
  CHECK(ParseListOptions("since=x&foo&limit=3&limit=4").limit == 3);
}

TEST_CASE("Docker's false values are false, and anything else is true") {
  const auto [value, parsed] = GENERATE(table<std::string, bool>({
      {"", false},
      {"0", false},
      {"no", false},
      {"false", false},
      {"none", false},
      {"FALSE", false},
      {"No", false},
      {"%20false%0A", false},
      {"+0", false},
      {"%09", false},
      {"1", true},
      {"yes", true},
      {"2", true},
      {"n%20o", true},
  }));
  CAPTURE(value);
  CHECK(ParseListOptions("all=" + value).all == parsed);
  CHECK(ParseListOptions("size=" + value).size == parsed);
}

TEST_CASE("The limit is a whole number of containers") {
  const auto [value, limit] = GENERATE(table<std::string, int>(
      {{"7", 7}, {"0", 0}, {"", 0}, {"2147483647", 2147483647}, {"-1", 0}}));
  CHECK(ParseListOptions("limit=" + value).limit == limit);
}

TEST_CASE("Filters are parsed in both of Docker's forms") {
  const Filters expected =
      Filters().Add("label", "a=b").Add("label", "c").Add("status", "running");
  CHECK(ParseFilters(R"({"label":["a=b","c"],"status":["running"]})") ==
        expected);
  CHECK(ParseFilters(
            R"({"label":{"a=b":true,"c":true},"status":{"running":true}})") ==
        expected);
  CHECK(ParseFilters(R"({"status":[]})") ==
        Filters(Filters::Map{{"status", {}}}));
  CHECK(ParseFilters("{}").empty());
  CHECK(ParseFilters("null").empty());
  CHECK(ParseFilters("").empty());
}

TEST_CASE("The error of a malformed parameter names it and what to write") {
  const std::string limit =
      "\": write how many containers are wanted, e.g. limit=10, or 0 for all";
  const std::string filters =
      R"(": write JSON with a list of values for each name, e.g. {"status":["running"],"label":["app=web"]})";
  const std::vector<std::array<std::string, 3>> cases{
      {"limit", "ten", "invalid limit \"ten" + limit},
      {"limit", "1.5", "invalid limit \"1.5" + limit},
      {"limit", "2147483648", "invalid limit \"2147483648" + limit},
      {"limit", " 1", "invalid limit \" 1" + limit},
      {"filters", "status=running",
       "invalid filters \"status=running" + filters},
      {"filters", R"({"status":"running"})",
       R"(invalid filters "{"status":"running"})" + filters},
      {"filters", R"({"status":[1]})",
       R"(invalid filters "{"status":[1]})" + filters},
      {"filters", "[]", "invalid filters \"[]" + filters},
      {"filters", std::string(1000, 'x'),
       "invalid filters \"" + std::string(128, 'x') + "..." + filters},
      {"filters", "\xFF", "invalid filters \"\xEF\xBF\xBD" + filters},
      {"filters", R"({"label":[""]})",
       "invalid filters: \"label\" has an empty value: write what it must "
       "match, e.g. label=app=web or status=running"},
      {"filters", R"({"":["x"]})",
       "invalid filters: a filter has no name: write one of Docker's, e.g. "
       "status or label"},
  };
  for (const auto& [name, value, text] : cases) {
    const Error error = test::ErrorOf([&, &name = name, &value = value] {
      return ParseListOptions(name + "=" + PercentEncode(value));
    });
    CHECK(error.what() == text);
    CHECK(error.code() == ErrorCode::kInvalidArgument);
  }
  CHECK(test::ErrorOf([] { return ParseListOptions("all=%zz"); }).what() ==
        std::string("invalid query \"all=%zz\": write every % in it as %25, or "
                    "as the code of a byte, e.g. %20 for a space"));
}

TEST_CASE("Options that differ in any member are unequal and ordered") {
  std::vector<ListOptions> options(6);
  options[1].all = false;
  options[2].size = true;
  options[3].limit = 1;
  options[4].filters.Add("label", "a");
  options[5].filters.Add("label", "b");
  for (const ListOptions& a : options) {
    for (const ListOptions& b : options) {
      CHECK((a == b) == (&a == &b));
      CHECK((a != b) == (&a != &b));
      CHECK((a < b) + (b < a) == (&a == &b ? 0 : 1));
    }
  }
}
