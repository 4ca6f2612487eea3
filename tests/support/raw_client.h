// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_RAW_CLIENT_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_RAW_CLIENT_H_

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "tests/support/file_descriptor.h"

namespace containercollector::test {

/// A client that knows nothing of HTTP: it sends the bytes it is given and
/// shows those that come back.
class RawClient {
 public:
  /// Connects to `unix:///PATH` or `tcp://127.0.0.1:PORT`. Throws
  /// std::system_error when that fails.
  explicit RawClient(const std::string& host);

  /// False when the peer is gone.
  bool Send(std::string_view bytes);

  /// Tells the peer that no more bytes come, as `nc -N` does. Receiving goes
  /// on.
  void FinishSending();

  /// Why receiving came to its end.
  enum class End { kEnough, kClosed, kReset, kTimedOut };

  struct Received {
    std::string bytes;
    End end;
  };

  /// Waits until there are `size` bytes, or no more to come.
  Received Receive(std::size_t size,
                   std::chrono::milliseconds timeout = kTimeout);
  /// Waits until there is at least one byte, and returns at most `limit`.
  Received ReceiveSome(std::chrono::milliseconds timeout,
                       std::size_t limit = kSome);
  Received ReceiveToEnd(std::chrono::milliseconds timeout = kTimeout);

  void Close() { socket_.Reset(); }

 private:
  static constexpr std::chrono::seconds kTimeout{20};
  static constexpr std::size_t kSome = std::size_t{64} << 10;

  FileDescriptor socket_;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_RAW_CLIENT_H_
