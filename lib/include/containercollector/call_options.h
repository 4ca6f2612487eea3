// SPDX-License-Identifier: Apache-2.0
/// @file
/// Limits of a single call.
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

  /// Ends the calls that use this object, and all later ones, with
  /// ErrorCode::kCancelled. Returns at once. A second call does nothing.
  void Cancel();

  /// Returns whether Cancel() was called.
  [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }

  /// Calls `wake` from Cancel(), until it is destroyed. For callers that wait
  /// for something else than this library. `wake` must not throw, and must not
  /// use the Cancellation.
  class CONTAINERCOLLECTOR_EXPORT Wake {
   public:
    Wake(Cancellation& cancellation, std::function<void()> wake);
    ~Wake();
    Wake(const Wake&) = delete;
    Wake& operator=(const Wake&) = delete;

   private:
    Cancellation& cancellation_;
    std::list<std::function<void()>>::iterator entry_;
  };

 private:
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::list<std::function<void()>> wakes_;  // Guarded by mutex_.
};

/// Limits of a single call, besides those of the client.
struct CallOptions {
  /// When the call must have ended, if that is before the client's timeout.
  std::optional<std::chrono::steady_clock::time_point> deadline;

  /// Cancels the call; null: nothing does. Must outlive the call.
  Cancellation* cancellation = nullptr;

  /// Gets one error for each container that the list holds without all of its
  /// details, for example because its shim hangs. Called in the caller's
  /// thread. Must not throw.
  std::function<void(const Error& error)> on_incomplete;
};

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_CALL_OPTIONS_H_
