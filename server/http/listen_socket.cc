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
#include <stdexcept>
#include <system_error>
#include <utility>

namespace containercollector::server {

void AddressInfoDeleter::operator()(addrinfo* info) const noexcept {
  freeaddrinfo(info);
}

AddressInfo ParseAddress(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int result = getaddrinfo(address.c_str(), std::to_string(port).c_str(),
                                 &hints, &found);
  return AddressInfo(result == 0 ? found : nullptr);
}

bool IsIpAddress(const std::string& text) {
  return ParseAddress(text, 0) != nullptr;
}

std::string JoinHostPort(const std::string& address, std::uint16_t port) {
  const bool is_ipv6 = address.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
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
  return JoinHostPort(host.data(),
                      static_cast<std::uint16_t>(std::stoi(port.data())));
}

std::string LocalAddress(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  if (getsockname(socket, address, &size) != 0) {
    throw std::system_error(errno, std::generic_category(),
                            "Cannot tell the address that a socket listens on");
  }
  return ToText(address);
}

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
