// SPDX-License-Identifier: Apache-2.0
#include "server/http/in_flight_bodies.h"

#include "tests/support/catch.h"

using containercollector::server::InFlightBodies;

TEST_CASE("Bodies in flight count once, and one of any size is accepted") {
  const auto body = [](std::size_t size) {
    return std::make_shared<const std::string>(size, 'x');
  };
  InFlightBodies bodies(10'000);
  const auto huge = body(50'000);
  CHECK(bodies.Add(huge));
  CHECK(bodies.Add(huge));
  CHECK(bodies.bytes() == 50'000);
  CHECK_FALSE(bodies.Add(body(5'000)));
  CHECK(bodies.Add(body(4096)));
  bodies.Remove(huge);
  CHECK(bodies.bytes() == 50'000);
  bodies.Remove(huge);
  CHECK(bodies.bytes() == 0);

  const auto first = body(5'000);
  const auto second = body(5'000);
  CHECK(bodies.Add(first));
  CHECK(bodies.Add(second));
  CHECK_FALSE(bodies.Add(body(4097)));
}
