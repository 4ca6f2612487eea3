// SPDX-License-Identifier: Apache-2.0
#include "lib/src/http/idle_pool.h"

#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <optional>

#include "tests/support/catch.h"

using containercollector::internal::IdlePool;

namespace {

int destroyed = 0;

struct FakeHandle {
  explicit FakeHandle(bool is_clean) : clean(is_clean) {}
  ~FakeHandle() { ++destroyed; }
  FakeHandle(const FakeHandle&) = delete;
  FakeHandle& operator=(const FakeHandle&) = delete;
  bool IsClean() const { return clean; }

  bool clean;
};

/// Returns what `child` returns in a forked process.
template <typename Child>
int ResultInChild(Child child) {
  const pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) _exit(child());
  int status = -1;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("A pool returns clean handles and destroys the others") {
  destroyed = 0;
  IdlePool<FakeHandle> pool;
  pool.Keep(std::make_unique<FakeHandle>(true));
  pool.Keep(std::make_unique<FakeHandle>(false));
  CHECK(pool.Take() != nullptr);
  CHECK(destroyed == 2);
  CHECK(pool.Take() == nullptr);
}

TEST_CASE("A pool keeps eight handles") {
  destroyed = 0;
  IdlePool<FakeHandle> pool;
  for (int i = 0; i < 10; ++i) pool.Keep(std::make_unique<FakeHandle>(true));
  CHECK(destroyed == 2);
}

TEST_CASE("A forked process neither uses nor destroys its parent's handles") {
  std::optional<IdlePool<FakeHandle>> pool;
  pool.emplace();
  pool->Keep(std::make_unique<FakeHandle>(true));
  destroyed = 0;
  CHECK(ResultInChild([&] {
          const bool none = pool->Take() == nullptr;
          pool.reset();
          return none ? destroyed : -1;
        }) == 0);
  CHECK(ResultInChild([&] {
          pool.reset();
          return destroyed;
        }) == 0);
  CHECK(pool->Take() != nullptr);
}
