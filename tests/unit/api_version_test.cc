// SPDX-License-Identifier: Apache-2.0
#include "lib/src/docker/api_version.h"

#include <utility>

#include "tests/support/catch.h"

using namespace containercollector::internal;

TEST_CASE("An API version is two numbers with a dot between") {
  CHECK(ParseApiVersion("1.40") == ApiVersion{1, 40});
  CHECK(ParseApiVersion("v1.41") == ApiVersion{1, 41});
  CHECK(ToString(ApiVersion{1, 40}) == "1.40");
  for (const char* text :
       {"", "v", "1", "1.", ".40", "1.40 ", "vv1.40", "1.40.1", "1.-4", "-1.40",
        "1.99999999999", "latest"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseApiVersion(text));
  }
}

TEST_CASE("A rejection names the nearest API version that the daemon accepts") {
  for (const auto& [message, nearest] : {
           std::pair{"client version 1.40 is too old. Minimum supported API "
                     "version is 1.44, please upgrade your client",
                     ApiVersion{1, 44}},
           {"client version 1.40 is too new. Maximum supported API version is "
            "1.39",
            ApiVersion{1, 39}},
           {"client is newer than server (client API version: 1.40, server API "
            "version: 1.24)",
            ApiVersion{1, 24}},
           {"client is too old, minimum supported API version is 1.45, please "
            "upgrade",
            ApiVersion{1, 45}},
           {"client version 1.40 is too old.", ApiVersion{}},
           {"client is too old, minimum supported API version is x",
            ApiVersion{}},
       }) {
    CAPTURE(message);
    CHECK(ParseApiVersionRejection(message) == nearest);
  }
}

TEST_CASE("Other errors are no rejection of the API version") {
  for (const char* message :
       {// Daemons repeat the caller's filters.
        "Invalid filter 'client too old'",
        "invalid filter 'client version 1.40 is too old. Minimum supported API "
        "version is 1.12'",
        "client version mismatch", "Invalid filter 'client'",
        "the kernel is too old", ""}) {
    CAPTURE(message);
    CHECK_FALSE(ParseApiVersionRejection(message));
  }
}
