// SPDX-License-Identifier: Apache-2.0

/// The memory of the server after large collections.
#include <cstddef>
#include <string>

#include "tests/server/node.h"

using namespace containercollector::test;

namespace {

/// Waits until the server's memory, but for files, is that before or a bit
/// more.
void WaitForAnonymousKiB(Node& node, std::size_t before) {
  if (!MemoryIsMeasurable()) return;
  constexpr std::size_t kMoreKiB = 8 * 1024;
  const auto is_returned = [&] {
    return MemoryOf(node.server().pid()).anonymous <= before + kMoreKiB;
  };
  if (!WaitUntil(is_returned, kGenerous)) {
    FAIL("the server's memory grew from "
         << before << " to " << MemoryOf(node.server().pid()).anonymous
         << " KiB and stayed there");
  }
}

}  // namespace

TEST_CASE("Memory returns to the system after a large collection") {
  Node node({"--max-answer-bytes", "0"});
  node.Start(GoodDaemon());
  CheckCollected(Post(node.url()));
  const std::size_t before = MemoryOf(node.server().pid()).anonymous;

  const std::string large = ManyContainers(46'000'000);
  node.Start(GoodDaemon(large));
  CHECK(Get(node.url(), "/readyz").status == 200);
  WaitForAnonymousKiB(node, before);
  CHECK((Post(node.url()).body == large));
  WaitForAnonymousKiB(node, before);
  const std::size_t peak = MemoryOf(node.server().pid()).peak;
  if (MemoryIsMeasurable()) CHECK(peak <= 3 * large.size() / 1024 + 16 * 1024);
  CheckStops(node.server());
}
