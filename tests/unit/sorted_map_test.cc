// SPDX-License-Identifier: Apache-2.0

#include "containercollector/sorted_map.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

using Map = containercollector::SortedMap<std::string>;
using Entries = std::vector<std::pair<std::string, std::string>>;

namespace {

Entries EntriesOf(const Map& map) { return {map.begin(), map.end()}; }

}  // namespace

TEST_CASE("A map is ordered by the bytes of its keys") {
  const Map map{
      {"b", "1"}, {"a", "2"}, {"\xC3\xA9", "3"}, {"Z", "4"}, {"", "5"}};
  CHECK(EntriesOf(map) ==
        Entries{
            {"", "5"}, {"Z", "4"}, {"a", "2"}, {"b", "1"}, {"\xC3\xA9", "3"}});
}

TEST_CASE("Of a repeated key the last value counts") {
  CHECK(EntriesOf(Map{{"b", "1"}, {"a", "2"}, {"b", "3"}, {"b", "4"}}) ==
        Entries{{"a", "2"}, {"b", "4"}});
  CHECK(EntriesOf(Map{{"a", "1"}, {"a", "2"}}) == Entries{{"a", "2"}});
}

TEST_CASE("A key is found, or it is not") {
  const Map map{{"a", "1"}, {"c", "3"}};
  REQUIRE(map.Find("a") != nullptr);
  CHECK(*map.Find("a") == "1");
  CHECK(map.Find("b") == nullptr);
  CHECK(map.Find("d") == nullptr);
  CHECK(Map{}.Find("") == nullptr);
}

TEST_CASE("A missing key is added in its place") {
  Map map;
  map["b"] = "2";
  map["a"] = "1";
  map["b"] = "3";
  CHECK(map.size() == 2);
  CHECK_FALSE(map.empty());
  CHECK(map == Map{{"a", "1"}, {"b", "3"}});
  CHECK(map != Map{{"a", "1"}});
}
