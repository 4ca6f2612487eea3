// SPDX-License-Identifier: Apache-2.0
/// Deadlines of connections.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_CONNECTION_DEADLINES_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_CONNECTION_DEADLINES_H_

#include <chrono>
#include <cstddef>
#include <unordered_map>

namespace containercollector::server {

/// Bounds the time that a connection spends in each state. libmicrohttpd closes
/// only silent connections: one byte per second would keep a connection open
/// forever.
///
/// Identifies sockets by file descriptor: remove each before it is closed.
/// Thread-safety: none; the server's thread owns it.
class ConnectionDeadlines {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// A whole request must arrive by `deadline`.
  void Receiving(int socket, Time deadline);

  /// The request is pending: the client has no deadline.
  void Waiting(int socket);

  /// The client must have read the response by `deadline`.
  void Sending(int socket, Time deadline);

  void Remove(int socket);

  /// Closes a connection. libmicrohttpd sees its end and closes the socket.
  void Close(int socket);

  std::size_t size() const noexcept { return sockets_.size(); }

  /// Closes the connection that has been receiving longest. If none is
  /// receiving, closes the one that has been sending longest. Never closes one
  /// with a pending request.
  void CloseLongest();

  /// Closes connections whose deadline is before `now`.
  void CloseOverdue(Time now);

  /// Closes each connection whose client hung up mid-request, once two
  /// consecutive calls have seen it. libmicrohttpd misses a hang-up that
  /// arrives together with bytes; by the second call, it has handled what it
  /// had read by the first.
  void CloseEnded();

  /// Closes connections on which no whole request has arrived.
  void CloseReceiving();

 private:
  struct State {
    bool receiving = false;
    Time deadline;
    bool ended = false;  // Whether the last CloseEnded() saw a hang-up.
  };

  using Sockets = std::unordered_map<int, State>;

  static void Close(Sockets::value_type& connection);
  template <typename Condition>
  void CloseIf(Condition condition);

  Sockets sockets_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_CONNECTION_DEADLINES_H_
