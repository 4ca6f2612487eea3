// SPDX-License-Identifier: Apache-2.0

#include "server/http/connection_deadlines.h"

#include <sys/socket.h>

namespace containercollector::server {

void ConnectionDeadlines::Receiving(int socket, Time deadline) {
  Set(socket, {true, deadline});
}

void ConnectionDeadlines::Waiting(int socket) {
  Set(socket, {false, Time::max()});
}

void ConnectionDeadlines::Sending(int socket, Time deadline) {
  Set(socket, {false, deadline});
}

void ConnectionDeadlines::Set(int socket, State state) {
  const std::lock_guard lock(mutex_);
  sockets_[socket] = state;
}

void ConnectionDeadlines::Remove(int socket) {
  const std::lock_guard lock(mutex_);
  sockets_.erase(socket);
}

bool ConnectionDeadlines::Empty() const {
  const std::lock_guard lock(mutex_);
  return sockets_.empty();
}

template <typename Condition>
void ConnectionDeadlines::EndIf(Condition condition) {
  // Locked, so that no socket is closed, and its number taken by another,
  // meanwhile.
  const std::lock_guard lock(mutex_);
  for (auto& [socket, state] : sockets_) {
    if (!condition(state)) continue;
    // It fails where the client was faster, which is just as well.
    static_cast<void>(shutdown(socket, SHUT_RDWR));
    state.deadline = Time::max();
  }
}

void ConnectionDeadlines::EndOverdue(Time now) {
  EndIf([now](const State& state) { return state.deadline < now; });
}

void ConnectionDeadlines::EndReceiving() {
  EndIf([](const State& state) { return state.receiving; });
}

}  // namespace containercollector::server
