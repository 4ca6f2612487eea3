// SPDX-License-Identifier: Apache-2.0

#include "containercollector/version.h"

#include <string>

#include "tests/support/catch.h"

TEST_CASE("The version is that of the project") {
  CHECK(containercollector::kLibraryVersion == PROJECT_VERSION);
}
