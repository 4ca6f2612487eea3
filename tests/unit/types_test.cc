// SPDX-License-Identifier: Apache-2.0

#include "containercollector/types.h"

#include <type_traits>

#include "tests/support/catch.h"

using namespace containercollector;

TEST_CASE("A null collection is iterated as an empty one") {
  Container container;
  CHECK_FALSE(container.labels);
  CHECK(OrEmpty(container.labels).empty());
  container.names = StringList{"/a", "/b"};
  CHECK(OrEmpty(container.names).size() == 2);
}

TEST_CASE("Containers move without copying") {
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<Container>);
  STATIC_REQUIRE(std::is_nothrow_move_assignable_v<Container>);
}
