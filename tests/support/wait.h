// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_WAIT_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_WAIT_H_

#include <chrono>
#include <thread>

namespace containercollector::test {

/// Asks `condition` again and again until it holds or `bound` has passed. Says
/// whether it held.
template <typename Condition>
bool WaitUntil(Condition condition, std::chrono::milliseconds bound) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kPause{10};
  const Clock::time_point deadline = Clock::now() + bound;
  while (!condition()) {
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_WAIT_H_
