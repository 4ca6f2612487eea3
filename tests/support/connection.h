// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_CONNECTION_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_CONNECTION_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

#include "tests/support/event.h"
#include "tests/support/file_descriptor.h"

namespace containercollector::test {

/// The daemon's side of one accepted connection. Every wait in it ends when the
/// peer goes away or when End() is called.
///
/// Belongs to one thread; only End() may be called from others.
class Connection {
 public:
  /// Closes the socket; a chance to count connections in the same step.
  using Closer = std::function<void(FileDescriptor)>;

  /// `socket` must be non-blocking.
  Connection(FileDescriptor socket, Closer closer);
  ~Connection();

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Waits for bytes; 0 when none will come any more.
  std::size_t Receive(char* buffer, std::size_t size);

  /// Sends all of `bytes`; false when that has become impossible.
  bool Send(std::string_view bytes);

  /// Lets `time` pass; false as soon as the peer is gone.
  bool Pause(std::chrono::milliseconds time);

  /// Waits for `event`; false when the peer is gone first.
  bool WaitFor(const Event& event);

  void Close();
  void Reset();
  bool IsOpen() const { return static_cast<bool>(socket_); }

  /// Makes every present and later wait return at once.
  void End() { end_.Set(); }

 private:
  bool WaitForSocket(short events);
  /// Whether the time passed or the event (if any) was set, with the peer still
  /// there. A peer that has closed its sending side counts as gone.
  bool WaitWithPeer(const Event* event,
                    std::optional<std::chrono::milliseconds> time);

  FileDescriptor socket_;
  Closer closer_;
  Event end_;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_CONNECTION_H_
