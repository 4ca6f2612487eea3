// SPDX-License-Identifier: Apache-2.0
/// The deadline and cancellation of a call.
#ifndef CONTAINERCOLLECTOR_SRC_HTTP_CALL_LIMIT_H_
#define CONTAINERCOLLECTOR_SRC_HTTP_CALL_LIMIT_H_

#include <algorithm>
#include <chrono>
#include <string>

#include "containercollector/call_options.h"
#include "containercollector/error.h"

namespace containercollector::internal {

/// Shared by all requests of one call.
struct CallLimit {
  /// Returns the limit of a call that starts now.
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

  /// Returns the time until the deadline; 0 if it has passed.
  std::chrono::nanoseconds TimeLeft() const {
    return std::max<std::chrono::nanoseconds>(
        deadline - std::chrono::steady_clock::now(),
        std::chrono::nanoseconds(0));
  }

  /// Moves the deadline to `most` from now, unless it is earlier already.
  void Shorten(std::chrono::nanoseconds most) {
    deadline = std::min(deadline, std::chrono::steady_clock::now() + most);
    timeout = std::min(timeout, most);
  }

  /// @param what What the call is doing, e.g. "filtering the list".
  /// @throws Error kTimeout or kCancelled if the call must end.
  void Check(const char* what) const {
    const bool cancelled = cancellation != nullptr && cancellation->cancelled();
    if (!cancelled && TimeLeft() > std::chrono::nanoseconds(0)) return;
    const std::string text = std::string("The collection was ") +
                             (cancelled ? "cancelled by its caller while "
                                        : "not finished in time while ") +
                             what + ".";
    throw Error(cancelled ? ErrorCode::kCancelled : ErrorCode::kTimeout, text);
  }

  std::chrono::steady_clock::time_point deadline;
  std::chrono::nanoseconds timeout{};  ///< The whole time limit of the call.
  Cancellation* cancellation = nullptr;
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_HTTP_CALL_LIMIT_H_
