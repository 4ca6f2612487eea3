// SPDX-License-Identifier: Apache-2.0
#include "server/http/connection_deadlines.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

namespace containercollector::server {
namespace {

bool HasBytes(int socket) {
  char byte = 0;
  return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

}  // namespace

void ConnectionDeadlines::Receiving(int socket, Time deadline) {
  sockets_[socket] = {true, deadline, false};
}

void ConnectionDeadlines::Waiting(int socket) {
  sockets_[socket] = {false, Time::max(), false};
}

void ConnectionDeadlines::Sending(int socket, Time deadline) {
  sockets_[socket] = {false, deadline, false};
}

void ConnectionDeadlines::Remove(int socket) { sockets_.erase(socket); }

void ConnectionDeadlines::Close(Sockets::value_type& connection) {
  // libmicrohttpd sees the end of the connection and closes the socket. A
  // failure means that the client closed it first.
  static_cast<void>(shutdown(connection.first, SHUT_RDWR));
  connection.second.deadline = Time::max();
}

void ConnectionDeadlines::Close(int socket) {
  if (const auto found = sockets_.find(socket); found != sockets_.end())
    Close(*found);
}

void ConnectionDeadlines::CloseLongest() {
  const auto longest = std::min_element(
      sockets_.begin(), sockets_.end(), [](const auto& a, const auto& b) {
        // Closed and pending connections have no deadline.
        const auto order = [](const State& state) {
          const bool open = state.deadline != Time::max();
          return std::make_tuple(!open, !state.receiving, state.deadline);
        };
        return order(a.second) < order(b.second);
      });
  if (longest != sockets_.end() && longest->second.deadline != Time::max())
    Close(*longest);
}

template <typename Condition>
void ConnectionDeadlines::CloseIf(Condition condition) {
  for (auto& connection : sockets_)
    if (condition(connection.second)) Close(connection);
}

void ConnectionDeadlines::CloseOverdue(Time now) {
  CloseIf([now](const State& state) { return state.deadline < now; });
}

void ConnectionDeadlines::CloseEnded() {
  std::vector<pollfd> sockets;
  for (const auto& [socket, state] : sockets_)
    if (state.receiving) sockets.push_back({socket, POLLRDHUP, 0});
  if (poll(sockets.data(), sockets.size(), 0) <= 0) return;
  for (const pollfd& socket : sockets) {
    if (socket.revents == 0 || HasBytes(socket.fd)) continue;
    auto& connection = *sockets_.find(socket.fd);
    if (std::exchange(connection.second.ended, true)) Close(connection);
  }
}

void ConnectionDeadlines::CloseReceiving() {
  CloseIf([](const State& state) { return state.receiving; });
}

}  // namespace containercollector::server
