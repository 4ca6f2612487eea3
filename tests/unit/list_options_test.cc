// SPDX-License-Identifier: Apache-2.0

#include "containercollector/list_options.h"

#include <string>

#include "containercollector/error.h"
#include "lib/src/docker/messages.h"
#include "lib/src/query_string.h"
#include "tests/support/catch.h"
#include "tests/support/error_of.h"

using namespace containercollector;
using containercollector::internal::ListQuery;
using containercollector::internal::PercentEncode;
using containercollector::test::ErrorOf;

namespace {

Filters ParseFilters(const std::string& json) {
  return ParseListOptions("filters=" + PercentEncode(json)).filters;
}

std::string ParseErrorOf(const std::string& query) {
  const Error error = ErrorOf([&] { return ParseListOptions(query); });
  CHECK(error.code() == ErrorCode::kInvalidArgument);
  return error.what();
}

}  // namespace

TEST_CASE("All containers are listed unless the query says otherwise") {
  CHECK(ParseListOptions("") == ListOptions{});
  CHECK(ParseListOptions("").all);
  CHECK(ListQuery(ListOptions{}) == "?all=1");
}

TEST_CASE("Docker's false values are false, and anything else is true") {
  for (const char* value :
       {"", "0", "no", "false", "none", "FALSE", "No", "%20false%20", "+0"}) {
    CAPTURE(value);
    CHECK_FALSE(ParseListOptions(std::string("all=") + value).all);
    CHECK_FALSE(ParseListOptions(std::string("size=") + value).size);
  }
  for (const char* value : {"1", "true", "yes", "on", "2", "x"}) {
    CAPTURE(value);
    CHECK(ParseListOptions(std::string("all=") + value).all);
    CHECK(ParseListOptions(std::string("size=") + value).size);
  }
}

TEST_CASE("The limit is a whole number of containers") {
  CHECK(ParseListOptions("limit=7").limit == 7);
  CHECK(ParseListOptions("limit=0").limit == 0);
  CHECK(ParseListOptions("limit=").limit == 0);
  CHECK(ParseListOptions("limit=2147483647").limit == 2147483647);
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

TEST_CASE(
    "The first value of a repeated parameter wins, and unknown parameters are "
    "ignored") {
  CHECK(ParseListOptions("limit=1&limit=2").limit == 1);
  CHECK(ParseListOptions("since=x&foo&limit=3").limit == 3);
}

TEST_CASE(
    "The error of a malformed parameter names it and what to write instead") {
  const std::string limit =
      ": write how many containers are wanted, e.g. limit=10, or 0 for all";
  CHECK(ParseErrorOf("limit=ten") == "invalid limit \"ten\"" + limit);
  CHECK(ParseErrorOf("limit=1.5") == "invalid limit \"1.5\"" + limit);
  CHECK(ParseErrorOf("limit=2147483648") ==
        "invalid limit \"2147483648\"" + limit);
  CHECK(ParseErrorOf("limit=%201") == "invalid limit \" 1\"" + limit);

  const std::string filters =
      R"(: write JSON with a list of values for each name, e.g. {"status":["running"],"label":["app=web"]})";
  for (const std::string json :
       {"status=running", "[]", R"({"status":"running"})", R"({"status":[1]})",
        "{", "1"}) {
    CHECK(ParseErrorOf("filters=" + PercentEncode(json)) ==
          "invalid filters \"" + json + "\"" + filters);
  }
  CHECK(ParseErrorOf("filters=" + std::string(1000, 'x')) ==
        "invalid filters \"" + std::string(128, 'x') + "...\"" + filters);
  CHECK(ParseErrorOf("filters=%FF") ==
        "invalid filters \"\xEF\xBF\xBD\"" + filters);

  CHECK(ParseErrorOf("all=%zz") ==
        "invalid query \"all=%zz\": write every % in it as %25, or as the code "
        "of a byte, e.g. %20 for a space");
  CHECK(ParseErrorOf("filters=" + PercentEncode(R"({"label":[""]})")) ==
        "invalid filters: \"label\" has an empty value: write what it must "
        "match, e.g. label=app=web or status=running");
  CHECK(ParseErrorOf("filters=" + PercentEncode(R"({"":["x"]})")) ==
        "invalid filters: a filter has no name: write one of Docker's, e.g. "
        "status or label");
}

TEST_CASE("A negative limit means no limit, as Docker takes it") {
  CHECK(ParseListOptions("limit=-1") == ListOptions{});
  ListOptions options;
  options.limit = -5;
  CHECK(ListQuery(options) == "?all=1");
}

TEST_CASE("Options become the query string that Docker's own client sends") {
  ListOptions options;
  options.all = false;
  CHECK(ListQuery(options).empty());
  options.all = true;
  options.limit = 3;
  options.size = true;
  options.filters.Add("status", "running")
      .Add("status", "paused")
      .Add("label", "a=\"b\"");
  CHECK(
      ListQuery(options) ==
      "?all=1&limit=3&size=1&filters=" +
          PercentEncode(
              R"({"label":{"a=\"b\"":true},"status":{"paused":true,"running":true}})"));
}

TEST_CASE("Filters collect values by name, sorted and once each") {
  Filters filters;
  CHECK(filters.empty());
  filters.Add("status", "running")
      .Add("label", "b")
      .Add("label", "a")
      .Add("label", "b");
  CHECK_FALSE(filters.empty());
  CHECK(filters.contains("label", "a"));
  CHECK_FALSE(filters.contains("label", "c"));
  CHECK_FALSE(filters.contains("name", "a"));
  std::string text;
  for (const auto& [name, values] : filters) {
    text += name + ":";
    for (const std::string& value : values) text += value + ",";
  }
  CHECK(text == "label:a,b,status:running,");
}

TEST_CASE("Filters have an order and an equality") {
  const Filters a = Filters().Add("label", "a");
  const Filters b = Filters().Add("label", "b");
  CHECK(a == Filters(a));
  CHECK(a != b);
  CHECK((a < b) != (b < a));
  CHECK_FALSE(a < a);
}

TEST_CASE("Options that differ in anything are different") {
  const ListOptions plain;
  std::vector<ListOptions> others(4);
  others[0].all = false;
  others[1].size = true;
  others[2].limit = 1;
  others[3].filters.Add("status", "running");
  for (const auto& other : others) {
    CHECK(other != plain);
    CHECK((other < plain) != (plain < other));
  }
  CHECK_FALSE(plain < plain);
}
