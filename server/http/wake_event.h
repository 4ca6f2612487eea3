// SPDX-License-Identifier: Apache-2.0

/// Wakes a poll() on another thread.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_WAKE_EVENT_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_WAKE_EVENT_H_

namespace containercollector::server {

/// RAII: owns an eventfd. Thread-safe.
class WakeEvent {
 public:
  /// @throws std::system_error
  WakeEvent();
  ~WakeEvent();
  WakeEvent(const WakeEvent&) = delete;
  WakeEvent& operator=(const WakeEvent&) = delete;

  /// Readable after Set(), until Clear().
  int fd() const noexcept { return fd_; }

  void Set() noexcept;
  void Clear() noexcept;

 private:
  int fd_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_WAKE_EVENT_H_
