// SPDX-License-Identifier: Apache-2.0
#include "server/http/listen_socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace containercollector::server {
namespace {

using AddressInfo = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

/// Returns null unless `address` is an IPv4 or IPv6 address.
AddressInfo ParseAddress(const std::string& address, const std::string& port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.c_str(), port.c_str(), &hints, &found) != 0)
    found = nullptr;
  return {found, &freeaddrinfo};
}

std::string JoinHostPort(const std::string& host, const std::string& port) {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + port;
}

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

/// Limits how much of a response the kernel buffers for a client that does not
/// read it: up to 4 MB per connection by default. Connections inherit the
/// limit.
bool BoundSendBuffer(int fd) {
  constexpr int kBytes = 128 * 1024;
  return setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kBytes, sizeof(kBytes)) == 0;
}

}  // namespace

bool IsIpAddress(const std::string& text) {
  return ParseAddress(text, "0") != nullptr;
}

std::string ToText(const sockaddr* address) {
  if (address == nullptr ||
      (address->sa_family != AF_INET && address->sa_family != AF_INET6))
    return "";
  const socklen_t size = address->sa_family == AF_INET ? sizeof(sockaddr_in)
                                                       : sizeof(sockaddr_in6);
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (getnameinfo(address, size, host.data(), host.size(), port.data(),
                  port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "";
  return JoinHostPort(host.data(), port.data());
}

// Each delegates, so that the destructor closes the socket if it throws.

ListenSocket::ListenSocket(const std::string& address, std::uint16_t port)
    : ListenSocket() {
  const std::string port_text = std::to_string(port);
  const auto fail = [&](int os_error) {
    throw std::runtime_error("Cannot listen on " +
                             JoinHostPort(address, port_text) + ": " +
                             std::strerror(os_error) + ". " + Advice(os_error));
  };
  const AddressInfo info = ParseAddress(address, port_text);
  if (info == nullptr) fail(EADDRNOTAVAIL);
  fd_ = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd_ < 0 ||
      setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      !BoundSendBuffer(fd_) ||
      bind(fd_, info->ai_addr, info->ai_addrlen) != 0 ||
      listen(fd_, SOMAXCONN) != 0 || !ReadEndpoint())
    fail(errno);
}

ListenSocket::ListenSocket(int fd) : ListenSocket() {
  fd_ = fd;  // NOLINT(cppcoreguidelines-prefer-member-initializer): delegates
  int listens = 0;
  socklen_t size = sizeof(listens);
  const int flags = fcntl(fd_, F_GETFL);
  if (getsockopt(fd_, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 ||
      listens == 0 || !ReadEndpoint() ||
      fcntl(fd_, F_SETFL, flags | O_NONBLOCK) != 0 ||
      fcntl(fd_, F_SETFD, FD_CLOEXEC) != 0 || !BoundSendBuffer(fd_)) {
    throw std::runtime_error(
        "Cannot use the socket that systemd passed: it is no TCP socket that "
        "listens. Write an address and a port for ListenStream= in the socket "
        "unit.");
  }
}

bool ListenSocket::ReadEndpoint() {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  if (getsockname(fd_, address, &size) == 0) endpoint_ = ToText(address);
  return !endpoint_.empty();
}

void ListenSocket::Close() noexcept {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

}  // namespace containercollector::server
