// SPDX-License-Identifier: Apache-2.0
/// @file
/// The limits of a single call.
#ifndef CONTAINERCOLLECTOR_CALL_OPTIONS_H_
#define CONTAINERCOLLECTOR_CALL_OPTIONS_H_

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <mutex>
#include <optional>

#include "containercollector/error.h"
#include "containercollector/export.h"

namespace containercollector {

namespace internal {
class CancellationWake;
}

/// Cancels calls from another thread.
///
/// One Cancellation may serve many calls. It must outlive them. Thread-safe.
///
/// @code
/// Cancellation cancellation;
/// CallOptions call;
/// call.cancellation = &cancellation;
/// std::thread worker([&] { containers = client.ListContainers({}, call); });
/// cancellation.Cancel();  // The worker's call throws kCancelled.
/// @endcode
class CONTAINERCOLLECTOR_EXPORT Cancellation {
 public:
  Cancellation() = default;
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;

  /// Ends all current and later calls that use this object with
  /// ErrorCode::kCancelled. Returns at once. A second call has no effect.
  void Cancel();

  /// Returns whether Cancel() has been called.
  [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }

 private:
  friend class internal::CancellationWake;

  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::list<std::function<void()>> wakes_;  // Guarded by mutex_.
};

/// The limits of a single call, in addition to those of the client.
struct CallOptions {
  /// Ends the call earlier than the client's timeout would.
  std::optional<std::chrono::steady_clock::time_point> deadline;

  /// Cancels the call; may be null. Must outlive the call.
  Cancellation* cancellation = nullptr;

  /// Receives one error for each listed container whose details are incomplete,
  /// for example because its shim hangs. Called on the caller's thread. Must
  /// not throw.
  std::function<void(const Error& error)> on_incomplete;
};

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_CALL_OPTIONS_H_
