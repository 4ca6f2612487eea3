// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "lib/src/cri/statuses.h"
#include "tests/support/catch.h"
#include "tests/support/posix.h"

using namespace containercollector::internal;

namespace {

constexpr std::size_t kPlenty = 1'000'000;

std::vector<cri::Entry> EntriesOf(const std::vector<std::string>& ids) {
  std::vector<cri::Entry> entries(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) entries[i].container.id = ids[i];
  return entries;
}

void Put(cri::StatusMemory& memory, std::uint64_t runtime,
         const std::vector<cri::Entry>& entries) {
  std::vector<cri::Remembered> learned(entries.size());
  for (cri::Remembered& one : learned) {
    cri::Details details;
    details.bytes = 1000;
    one.details = std::make_shared<const cri::Details>(details);
  }
  memory.Put(runtime, entries, std::move(learned));
}

std::size_t CountKnown(const cri::StatusMemory& memory,
                       const std::vector<cri::Entry>& entries) {
  std::size_t count = 0;
  for (const cri::Remembered& one : memory.Get(entries))
    count += one.details ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("Nothing about a replaced runtime is remembered") {
  const containercollector::test::TempDir directory;
  const std::string path = directory / "socket";
  std::ofstream(path) << "";
  cri::StatusMemory memory(kPlenty);
  const std::uint64_t old = memory.Check(path);
  const auto entries = EntriesOf({"a"});
  Put(memory, old, entries);
  memory.set_can_restart(old, false);
  REQUIRE(memory.can_restart() == false);
  std::ofstream(path + ".new") << "";
  std::filesystem::rename(path + ".new", path);
  CHECK(memory.Check(path) != old);
  CHECK(CountKnown(memory, entries) == 0);
  CHECK_FALSE(memory.can_restart());
  // A collection that began before says nothing of the new one.
  Put(memory, old, entries);
  memory.set_can_restart(old, false);
  CHECK(CountKnown(memory, entries) == 0);
  CHECK_FALSE(memory.can_restart());
}

TEST_CASE("The memory of details is bounded") {
  cri::StatusMemory memory(10'000);
  std::vector<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(std::to_string(i));
  const auto entries = EntriesOf(ids);
  const std::uint64_t runtime = memory.Check("/nowhere");
  for (int again = 0; again < 3; ++again) {
    Put(memory, runtime, entries);
    const std::size_t count = CountKnown(memory, entries);
    CHECK(count > 5);
    CHECK(count < 10);
  }
  // What is new takes the place of what is gone.
  const auto others = EntriesOf({"x", "y"});
  Put(memory, runtime, others);
  CHECK(CountKnown(memory, others) == 2);
}
