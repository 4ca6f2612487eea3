// SPDX-License-Identifier: Apache-2.0

#include "tests/support/connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "tests/support/poll.h"

namespace containercollector::test {
namespace {

bool IsSet(const pollfd& polled) { return polled.revents != 0; }

bool MayRetry(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

Connection::Connection(FileDescriptor socket, Closer closer)
    : socket_(std::move(socket)), closer_(std::move(closer)) {}

Connection::~Connection() { Close(); }

std::size_t Connection::Receive(char* buffer, std::size_t size) {
  while (WaitForSocket(POLLIN)) {
    const ssize_t received = ::recv(socket_.get(), buffer, size, 0);
    if (received >= 0) return static_cast<std::size_t>(received);
    if (!MayRetry(errno)) return 0;
  }
  return 0;
}

bool Connection::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!WaitForSocket(POLLOUT)) return false;
    const ssize_t sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (!MayRetry(errno)) {
      return false;
    }
  }
  return IsOpen();
}

bool Connection::Pause(std::chrono::milliseconds time) {
  return WaitWithPeer(nullptr, time);
}

bool Connection::WaitFor(const Event& event) {
  return WaitWithPeer(&event, std::nullopt);
}

void Connection::Close() {
  if (socket_) closer_(std::move(socket_));
}

void Connection::Reset() {
  if (!socket_) return;
  const linger no_linger{1, 0};
  // Fails only if the peer was faster to reset the connection.
  static_cast<void>(::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER,
                                 &no_linger, sizeof(no_linger)));
  Close();
}

bool Connection::WaitForSocket(short events) {
  if (!socket_) return false;
  std::array<pollfd, 2> polled{
      {{socket_.get(), events, 0}, {end_.fd(), POLLIN, 0}}};
  Poll(polled);
  const auto& [socket, end] = polled;
  return !IsSet(end) && IsSet(socket);
}

bool Connection::WaitWithPeer(const Event* event,
                              std::optional<std::chrono::milliseconds> time) {
  if (!socket_) return false;
  // poll() passes over a negative descriptor.
  const int event_fd = event != nullptr ? event->fd() : -1;
  std::array<pollfd, 3> polled{{{socket_.get(), POLLRDHUP, 0},
                                {end_.fd(), POLLIN, 0},
                                {event_fd, POLLIN, 0}}};
  Poll(polled, time);
  const auto& [socket, end, awaited] = polled;
  static_cast<void>(awaited);
  return !IsSet(end) && !IsSet(socket);
}

}  // namespace containercollector::test
