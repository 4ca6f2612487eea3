// SPDX-License-Identifier: Apache-2.0

#include "lib/src/docker/api_version.h"

#include "tests/support/catch.h"

using namespace containercollector::internal;

TEST_CASE("An API version is two numbers with a dot between") {
  const auto version = ParseApiVersion("1.40");
  REQUIRE(version);
  CHECK(version->major == 1);
  CHECK(version->minor == 40);
  CHECK(ToString(*version) == "1.40");
  CHECK(ParseApiVersion("v1.41") == ApiVersion{1, 41});
  for (const char* text :
       {"", "v", "1", "1.", ".40", "1.40 ", "vv1.40", "1.40.1", "1.-4", "-1.40",
        "1.99999999999", "latest"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseApiVersion(text));
  }
}

TEST_CASE("API versions are ordered as numbers") {
  CHECK(ApiVersion{1, 9} < ApiVersion{1, 40});
  CHECK(ApiVersion{1, 40} < ApiVersion{2, 0});
  CHECK_FALSE(ApiVersion{1, 40} < ApiVersion{1, 40});
  CHECK(ApiVersion{1, 40} == ApiVersion{1, 40});
}

TEST_CASE("The API version is 1.40 if the daemon takes it, else the nearest") {
  CHECK(NearestApiVersion({1, 12}, {1, 41}) == ApiVersion{1, 40});
  CHECK(NearestApiVersion({1, 12}, {1, 39}) == ApiVersion{1, 39});
  CHECK(NearestApiVersion({1, 44}, {1, 52}) == ApiVersion{1, 44});
  CHECK(NearestApiVersion({0, 0}, {1, 24}) == ApiVersion{1, 24});
}

TEST_CASE(
    "A rejection of the API version names the nearest that the daemon takes") {
  struct Case {
    const char* message;
    ApiVersion nearest;
  };
  for (const Case& c : {
           Case{"client version 1.40 is too old. Minimum supported API version "
                "is 1.44, please upgrade your client to a "
                "newer version",
                {1, 44}},
           Case{"client version 1.40 is too new. Maximum supported API version "
                "is 1.39",
                {1, 39}},
           Case{"client is newer than server (client API version: 1.40, server "
                "API version: 1.24)",
                {1, 24}},
           Case{"client is too old, minimum supported API version is 1.45, "
                "please upgrade",
                {1, 45}},
       }) {
    CAPTURE(c.message);
    const auto rejection = ParseApiVersionRejection(c.message);
    REQUIRE(rejection);
    REQUIRE(rejection->nearest);
    CHECK(*rejection->nearest == c.nearest);
  }
}

TEST_CASE("A rejection without a version is still a rejection") {
  const auto rejection =
      ParseApiVersionRejection("client version 1.40 is too old.");
  REQUIRE(rejection);
  CHECK_FALSE(rejection->nearest);
}

TEST_CASE("Other errors are no rejection of the API version") {
  // Daemons repeat the caller's filters.
  CHECK_FALSE(ParseApiVersionRejection("Invalid filter 'client too old'"));
  CHECK_FALSE(ParseApiVersionRejection(
      "invalid filter 'client version 1.40 is too old. Minimum supported API "
      "version is 1.12'"));
  CHECK_FALSE(ParseApiVersionRejection("client version mismatch"));
  CHECK_FALSE(ParseApiVersionRejection("Invalid filter 'client'"));
  CHECK_FALSE(ParseApiVersionRejection("the kernel is too old"));
  CHECK_FALSE(ParseApiVersionRejection(""));
}
