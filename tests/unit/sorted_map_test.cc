// SPDX-License-Identifier: Apache-2.0
#include "containercollector/sorted_map.h"

#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

using Map = containercollector::SortedMap<std::string>;

namespace {

template <typename T, typename = void>
struct CanFind : std::false_type {};
template <typename T>
struct CanFind<T, std::void_t<decltype(std::declval<T>().Find(""))>>
    : std::true_type {};

}  // namespace

TEST_CASE("A map is ordered by bytes, and the last value of a key wins") {
  using Entries = std::vector<std::pair<std::string, std::string>>;
  const auto [entries, sorted] = GENERATE(table<Entries, Entries>({
      {{{"b", "1"}, {"a", "2"}, {"\xC3\xA9", "3"}, {"Z", "4"}, {"", "5"}},
       {{"", "5"}, {"Z", "4"}, {"a", "2"}, {"b", "1"}, {"\xC3\xA9", "3"}}},
      {{{"b", "1"}, {"a", "2"}, {"b", "3"}, {"b", "4"}},
       {{"a", "2"}, {"b", "4"}}},
      {{{"a", "1"}, {"a", "2"}}, {{"a", "2"}}},
  }));
  const Map map(entries);
  CHECK(Entries(map.begin(), map.end()) == sorted);
}

TEST_CASE("Find and at look up a key, and the index operator inserts it") {
  Map map;
  CHECK(map.empty());
  CHECK(map.Find("") == nullptr);
  map["b"] = "2";
  map["a"] = "1";
  map["b"] = "3";
  CHECK(map.size() == 2);
  CHECK(map == Map{{"a", "1"}, {"b", "3"}});
  CHECK_FALSE(map == Map{{"a", "1"}});
  REQUIRE(map.Find("a") != nullptr);
  CHECK(*map.Find("a") == "1");
  CHECK(map.Find("aa") == nullptr);
  CHECK(map.at("b") == "3");
  CHECK_THROWS_AS(map.at("c"), std::out_of_range);
}

TEST_CASE("A temporary map hands out no pointer that dangles") {
  STATIC_REQUIRE(CanFind<const Map&>::value);
  STATIC_REQUIRE_FALSE(CanFind<Map>::value);
}
