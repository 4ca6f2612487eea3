// SPDX-License-Identifier: Apache-2.0

/// An end for connections that are too slow.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_CONNECTION_DEADLINES_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_CONNECTION_DEADLINES_H_

#include <chrono>
#include <mutex>
#include <unordered_map>

namespace containercollector::server {

/// How long a connection may take for what it does. libmicrohttpd only ends
/// those that are silent: a byte per second would keep one for ever.
///
/// Thread-safe. Sockets are known by their file descriptors, which must be
/// removed before they are closed.
class ConnectionDeadlines {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// A request, and the connection before its first one, must be complete by
  /// `deadline`.
  void Receiving(int socket, Time deadline);

  /// The answer is not there yet: there is no hurry for the client.
  void Waiting(int socket);

  /// The answer must have been taken by `deadline`.
  void Sending(int socket, Time deadline);

  void Remove(int socket);

  bool Empty() const;

  /// Ends the connections whose deadline is before `now`.
  void EndOverdue(Time now);

  /// Ends the connections that have not got a whole request.
  void EndReceiving();

 private:
  struct State {
    bool receiving = false;
    Time deadline;
  };

  void Set(int socket, State state);
  template <typename Condition>
  void EndIf(Condition condition);

  mutable std::mutex mutex_;
  std::unordered_map<int, State> sockets_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_CONNECTION_DEADLINES_H_
