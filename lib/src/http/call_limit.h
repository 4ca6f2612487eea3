// SPDX-License-Identifier: Apache-2.0
/// When a call must end.
#ifndef CONTAINERCOLLECTOR_SRC_HTTP_CALL_LIMIT_H_
#define CONTAINERCOLLECTOR_SRC_HTTP_CALL_LIMIT_H_

#include <algorithm>
#include <chrono>

#include "containercollector/call_options.h"

namespace containercollector::internal {

/// All requests of one call share it.
struct CallLimit {
  /// Returns the limit of a call that begins now.
  static CallLimit Of(const CallOptions& call,
                      std::chrono::nanoseconds timeout) {
    using Clock = std::chrono::steady_clock;
    const auto now = Clock::now();
    CallLimit limit;
    limit.deadline = now + timeout;
    limit.timeout = timeout;
    limit.cancellation = call.cancellation;
    if (call.deadline && *call.deadline < limit.deadline) {
      limit.deadline = *call.deadline;
      limit.timeout = std::max(limit.deadline - now, Clock::duration(0));
    }
    return limit;
  }

  std::chrono::steady_clock::time_point deadline;
  std::chrono::nanoseconds timeout{};  ///< All the time that the call had.
  Cancellation* cancellation = nullptr;
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_HTTP_CALL_LIMIT_H_
