// SPDX-License-Identifier: Apache-2.0

/// Threads that cannot start.
#ifndef CONTAINERCOLLECTOR_TESTS_SERVER_NO_THREADS_H_
#define CONTAINERCOLLECTOR_TESTS_SERVER_NO_THREADS_H_

#include <pthread.h>
#include <sys/resource.h>

#include <cstddef>
#include <fstream>
#include <string>

#include "tests/support/catch.h"

namespace containercollector::test {

/// Lets `count` new threads start, and makes more of them fail, because there
/// is no memory for their stacks.
class RoomForThreads {
 public:
  explicit RoomForThreads(std::size_t count) {
    constexpr std::size_t kStack = std::size_t{1} << 30U;
    REQUIRE(pthread_getattr_default_np(&attributes_before_) == 0);
    REQUIRE(getrlimit(RLIMIT_DATA, &limit_before_) == 0);
    pthread_attr_t large;
    REQUIRE(pthread_getattr_default_np(&large) == 0);
    REQUIRE(pthread_attr_setstacksize(&large, kStack) == 0);
    REQUIRE(pthread_setattr_default_np(&large) == 0);
    pthread_attr_destroy(&large);
    rlimit limit = limit_before_;
    limit.rlim_cur = DataBytes() + count * kStack + kStack / 2;
    REQUIRE(setrlimit(RLIMIT_DATA, &limit) == 0);
  }
  ~RoomForThreads() {
    setrlimit(RLIMIT_DATA, &limit_before_);
    pthread_setattr_default_np(&attributes_before_);
    pthread_attr_destroy(&attributes_before_);
  }
  RoomForThreads(const RoomForThreads&) = delete;
  RoomForThreads& operator=(const RoomForThreads&) = delete;

 private:
  static std::size_t DataBytes() {
    std::ifstream status("/proc/self/status");
    std::string name;
    std::size_t kibibytes = 0;
    while (status >> name && name != "VmData:") {
    }
    status >> kibibytes;
    REQUIRE(kibibytes > 0);
    return kibibytes * 1024;
  }

  pthread_attr_t attributes_before_{};
  rlimit limit_before_{};
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SERVER_NO_THREADS_H_
