// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_EXCHANGE_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_EXCHANGE_H_

#include <chrono>
#include <cstdint>
#include <string_view>

#include "tests/support/connection.h"
#include "tests/support/event.h"

namespace containercollector::test {

/// What a script responds to one request with. A script that returns without
/// having closed the connection leaves it open for the client's next request,
/// whether or not it has responded.
///
/// Every member returns when the peer goes away, when the connection is closed
/// or when the daemon stops; those that return bool then return false. To be
/// used only on the thread that calls the script.
class Exchange {
 public:
  Exchange(Connection& connection, const Event& released)
      : connection_(connection), released_(released) {}

  bool Send(std::string_view bytes) { return connection_.Send(bytes); }

  /// One byte at a time, with `interval` before each but the first.
  bool SendSlowly(std::string_view bytes, std::chrono::milliseconds interval);

  /// `unit` `count` times over, in little memory however much that is.
  bool SendRepeated(std::string_view unit, std::uint64_t count);

  /// Lets `time` pass, for a daemon that is slow to respond.
  bool Pause(std::chrono::milliseconds time) { return connection_.Pause(time); }

  /// Waits until the test calls ScriptedDaemon::Release().
  bool WaitUntilReleased() { return connection_.WaitFor(released_); }

  /// Never responds, released or not.
  void Hang();

  void Close() { connection_.Close(); }

  /// Over TCP the peer gets a reset. A unix socket has none to send: there it
  /// is Close(), and only Behaviour::kNeverReads makes the peer's connection
  /// reset.
  void Reset() { connection_.Reset(); }

 private:
  Connection& connection_;
  const Event& released_;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_EXCHANGE_H_
