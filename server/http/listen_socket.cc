// SPDX-License-Identifier: Apache-2.0
#include "server/http/listen_socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "server/http/socket_address.h"

namespace containercollector::server {
namespace {

/// Bounds what the kernel holds of a response for a client that does not read
/// it. The kernel's own bound is 4 MB per connection.
constexpr int kSendBufferBytes = 128 * 1024;

std::string Advice(int os_error) {
  switch (os_error) {
    case EADDRINUSE:
      return "Stop what listens there, or choose another place with --port or "
             "--bind-address.";
    case EADDRNOTAVAIL:
      return "Choose an address of this machine with --bind-address.";
    case EACCES:
      return "Choose a port above 1023 with --port, or run with the capability "
             "CAP_NET_BIND_SERVICE.";
    default:
      return "Choose another place with --port or --bind-address.";
  }
}

/// Connections inherit the size.
bool BoundSendBuffer(int fd) {
  return setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBufferBytes,
                    sizeof(kSendBufferBytes)) == 0;
}

}  // namespace

ListenSocket::ListenSocket(const std::string& address, std::uint16_t port) {
  const auto fail = [&](int os_error) {
    Fail("Cannot listen on " + JoinHostPort(address, port) + ": " +
         std::strerror(os_error) + ". " + Advice(os_error));
  };
  const AddressInfo info = ParseAddress(address, port);
  if (info == nullptr) fail(EADDRNOTAVAIL);
  fd_ = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) fail(errno);
  const int on = 1;
  if (setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      !BoundSendBuffer(fd_) ||
      bind(fd_, info->ai_addr, info->ai_addrlen) != 0 ||
      listen(fd_, SOMAXCONN) != 0) {
    fail(errno);
  }
  endpoint_ = LocalAddress(fd_);
}

ListenSocket::ListenSocket(int fd) : fd_(fd) {
  int listens = 0;
  socklen_t size = sizeof(listens);
  if (getsockopt(fd_, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 &&
      listens != 0)
    endpoint_ = LocalAddress(fd_);
  if (endpoint_.empty()) {
    Fail(
        "Cannot use the socket that systemd passed: it is no TCP socket that "
        "listens. Write an address and a port for ListenStream= in the socket "
        "unit.");
  }
  const int flags = fcntl(fd_, F_GETFL);
  if (flags < 0 || fcntl(fd_, F_SETFL, flags | O_NONBLOCK) != 0 ||
      fcntl(fd_, F_SETFD, FD_CLOEXEC) != 0 || !BoundSendBuffer(fd_)) {
    Fail("Cannot use the socket that systemd passed for " + endpoint_ + ": " +
         std::strerror(errno) + ".");
  }
}

ListenSocket::~ListenSocket() { Close(); }

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      endpoint_(std::move(other.endpoint_)) {}

void ListenSocket::Fail(const std::string& text) {
  Close();
  throw std::runtime_error(text);
}

void ListenSocket::Close() noexcept {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

}  // namespace containercollector::server
