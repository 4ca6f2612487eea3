// SPDX-License-Identifier: Apache-2.0

#include "containercollector/sorted_map.h"

#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

using Map = containercollector::SortedMap<std::string>;
using Entries = std::vector<std::pair<std::string, std::string>>;

namespace {

Entries EntriesOf(const Map& map) { return {map.begin(), map.end()}; }

template <typename T, typename = void>
struct CanFind : std::false_type {};
template <typename T>
struct CanFind<T, std::void_t<decltype(std::declval<T>().Find(""))>>
    : std::true_type {};

}  // namespace

TEST_CASE("A map is ordered by the bytes of its keys") {
  const Map map{
      {"b", "1"}, {"a", "2"}, {"\xC3\xA9", "3"}, {"Z", "4"}, {"", "5"}};
  CHECK(EntriesOf(map) ==
        Entries{
            {"", "5"}, {"Z", "4"}, {"a", "2"}, {"b", "1"}, {"\xC3\xA9", "3"}});
}

TEST_CASE("The last value of a repeated key wins") {
  CHECK(EntriesOf(Map{{"b", "1"}, {"a", "2"}, {"b", "3"}, {"b", "4"}}) ==
        Entries{{"a", "2"}, {"b", "4"}});
  CHECK(EntriesOf(Map{{"a", "1"}, {"a", "2"}}) == Entries{{"a", "2"}});
}

TEST_CASE("Find, at and contains look a key up") {
  const Map map{{"a", "1"}, {"c", "3"}};
  REQUIRE(map.Find("a") != nullptr);
  CHECK(*map.Find("a") == "1");
  CHECK(map.Find("b") == nullptr);
  CHECK(map.Find("d") == nullptr);
  CHECK(Map().contains("") == false);
  CHECK(map.contains("a"));
  CHECK_FALSE(map.contains("b"));
  CHECK(map.at("c") == "3");
  CHECK_THROWS_AS(map.at("b"), std::out_of_range);
}

TEST_CASE("A temporary map hands out no pointer that dangles") {
  STATIC_REQUIRE(CanFind<const Map&>::value);
  STATIC_REQUIRE_FALSE(CanFind<Map>::value);
}

TEST_CASE("The index operator inserts a missing key in its place") {
  Map map;
  map["b"] = "2";
  map["a"] = "1";
  map["b"] = "3";
  CHECK(map.size() == 2);
  CHECK_FALSE(map.empty());
  CHECK(map == Map{{"a", "1"}, {"b", "3"}});
  CHECK(map != Map{{"a", "1"}});
}
