// SPDX-License-Identifier: Apache-2.0
/// The deadline and cancellation of a call.
#ifndef CONTAINERCOLLECTOR_SRC_HTTP_CALL_LIMIT_H_
#define CONTAINERCOLLECTOR_SRC_HTTP_CALL_LIMIT_H_

#include <chrono>
#include <functional>
#include <list>

#include "containercollector/call_options.h"

namespace containercollector::internal {

/// Shared by all requests of one call.
struct CallLimit {
  /// Returns the limit of a call that starts now.
  static CallLimit Of(const CallOptions& call,
                      std::chrono::nanoseconds timeout);

  /// Returns the time until the deadline; 0 if it has passed.
  std::chrono::nanoseconds TimeLeft() const;

  /// Moves the deadline to `most` from now, unless it is earlier already.
  void Shorten(std::chrono::nanoseconds most);

  /// @param what What the call is doing, e.g. "filtering the list".
  /// @throws Error kTimeout or kCancelled if the call must end.
  void Check(const char* what) const;

  std::chrono::steady_clock::time_point deadline;
  std::chrono::nanoseconds timeout{};  ///< The whole time limit of the call.
  Cancellation* cancellation = nullptr;
};

/// RAII: while it exists, cancelling calls `wake`, which must neither throw nor
/// use the Cancellation.
class CancellationWake {
 public:
  /// @param cancellation Null if the call cannot be cancelled.
  CancellationWake(Cancellation* cancellation, std::function<void()> wake);
  ~CancellationWake();
  CancellationWake(const CancellationWake&) = delete;
  CancellationWake& operator=(const CancellationWake&) = delete;

 private:
  Cancellation* const cancellation_;
  std::list<std::function<void()>>::iterator entry_;
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_HTTP_CALL_LIMIT_H_
