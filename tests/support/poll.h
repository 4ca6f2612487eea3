// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_POLL_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_POLL_H_

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <optional>

#include "tests/support/system_call.h"

namespace containercollector::test {

/// poll() that starts again after a signal without waiting any longer for it.
/// False when the time has passed; with no time it waits for ever.
template <std::size_t kCount>
bool Poll(std::array<pollfd, kCount>& polled,
          std::optional<std::chrono::milliseconds> time = std::nullopt) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline =
      Clock::now() + time.value_or(std::chrono::milliseconds(0));
  for (;;) {
    int timeout = -1;
    if (time) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      timeout = static_cast<int>(
          std::max(left, std::chrono::milliseconds(0)).count());
    }
    const int ready = ::poll(polled.data(), polled.size(), timeout);
    if (ready >= 0) return ready > 0;
    if (errno != EINTR) ThrowErrno("poll");
  }
}

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_POLL_H_
