// SPDX-License-Identifier: Apache-2.0
#include "server/http/connection_deadlines.h"

#include <sys/socket.h>

namespace containercollector::server {

void ConnectionDeadlines::Receiving(int socket, Time deadline) {
  sockets_[socket] = {true, deadline};
}

void ConnectionDeadlines::Waiting(int socket) {
  sockets_[socket] = {false, Time::max()};
}

void ConnectionDeadlines::Sending(int socket, Time deadline) {
  sockets_[socket] = {false, deadline};
}

void ConnectionDeadlines::Remove(int socket) { sockets_.erase(socket); }

template <typename Condition>
void ConnectionDeadlines::CloseIf(Condition condition) {
  for (auto& [socket, state] : sockets_) {
    if (!condition(state)) continue;
    // libmicrohttpd sees the end of the connection and closes the socket. A
    // failure means that the client closed it first.
    static_cast<void>(shutdown(socket, SHUT_RDWR));
    state.deadline = Time::max();
  }
}

void ConnectionDeadlines::CloseOverdue(Time now) {
  CloseIf([now](const State& state) { return state.deadline < now; });
}

void ConnectionDeadlines::CloseReceiving() {
  CloseIf([](const State& state) { return state.receiving; });
}

}  // namespace containercollector::server
