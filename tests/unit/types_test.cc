// SPDX-License-Identifier: Apache-2.0
#include "containercollector/types.h"

#include <string>
#include <type_traits>
#include <vector>

#include "tests/support/catch.h"

using namespace containercollector;

namespace {

std::vector<Container> TwoNames() {
  std::vector<Container> containers(1);
  containers.front().names =
      StringList{"/a-name-too-long-for-the-string-object", "/b"};
  return containers;
}

}  // namespace

TEST_CASE("OrEmpty iterates null as empty, and a member of a temporary") {
  CHECK(OrEmpty(Container().labels).empty());
  StringList names;
  for (const std::string& name : OrEmpty(TwoNames().front().names))
    names.push_back(name);
  CHECK(names == *TwoNames().front().names);
}

TEST_CASE("Containers move without copying") {
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<Container>);
  STATIC_REQUIRE(std::is_nothrow_move_assignable_v<Container>);
}
