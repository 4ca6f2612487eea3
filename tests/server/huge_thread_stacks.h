// SPDX-License-Identifier: Apache-2.0

/// A process that cannot start threads.
#ifndef CONTAINERCOLLECTOR_TESTS_SERVER_HUGE_THREAD_STACKS_H_
#define CONTAINERCOLLECTOR_TESTS_SERVER_HUGE_THREAD_STACKS_H_

#include <pthread.h>

#include <cstddef>

#include "tests/support/catch.h"

namespace containercollector::test {

/// Makes every new thread fail, because no stack can be this large.
class HugeThreadStacks {
 public:
  HugeThreadStacks() {
    REQUIRE(pthread_getattr_default_np(&before_) == 0);
    pthread_attr_t huge;
    REQUIRE(pthread_getattr_default_np(&huge) == 0);
    REQUIRE(pthread_attr_setstacksize(&huge, std::size_t{1} << 50U) == 0);
    REQUIRE(pthread_setattr_default_np(&huge) == 0);
    pthread_attr_destroy(&huge);
  }
  ~HugeThreadStacks() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }
  HugeThreadStacks(const HugeThreadStacks&) = delete;
  HugeThreadStacks& operator=(const HugeThreadStacks&) = delete;

 private:
  pthread_attr_t before_{};
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SERVER_HUGE_THREAD_STACKS_H_
