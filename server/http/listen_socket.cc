// SPDX-License-Identifier: Apache-2.0

#include "server/http/listen_socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace containercollector::server {
namespace {

/// What the kernel may hold of an answer for a client that does not read it.
/// Left to itself it would take 4 MB of each.
constexpr int kSendBufferBytes = 128 * 1024;

std::string JoinHostPort(const std::string& address, std::uint16_t port) {
  const bool is_ipv6 = address.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
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

using AddressInfo = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

/// Null unless `address` is an IP address.
AddressInfo Resolve(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int result = getaddrinfo(address.c_str(), std::to_string(port).c_str(),
                                 &hints, &found);
  return {result == 0 ? found : nullptr, &freeaddrinfo};
}

std::uint16_t LocalPort(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) {
    throw std::system_error(errno, std::generic_category(),
                            "Cannot tell the port that was picked");
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 address{};
    std::memcpy(&address, &storage, sizeof(address));
    return ntohs(address.sin6_port);
  }
  sockaddr_in address{};
  std::memcpy(&address, &storage, sizeof(address));
  return ntohs(address.sin_port);
}

}  // namespace

bool IsIpAddress(const std::string& text) {
  return Resolve(text, 0) != nullptr;
}

ListenSocket::ListenSocket(const std::string& address, std::uint16_t port) {
  const auto fail = [&](int os_error) {
    Close();
    throw std::runtime_error("Cannot listen on " + JoinHostPort(address, port) +
                             ": " + std::strerror(os_error) + ". " +
                             Advice(os_error));
  };
  const AddressInfo info = Resolve(address, port);
  if (info == nullptr) fail(EADDRNOTAVAIL);
  fd_ = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) fail(errno);
  const int on = 1;
  // Connections inherit the size of the send buffer.
  if (setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      setsockopt(fd_, SOL_SOCKET, SO_SNDBUF, &kSendBufferBytes,
                 sizeof(kSendBufferBytes)) != 0 ||
      bind(fd_, info->ai_addr, info->ai_addrlen) != 0 ||
      listen(fd_, SOMAXCONN) != 0) {
    fail(errno);
  }
  port_ = LocalPort(fd_);
  endpoint_ = JoinHostPort(address, port_);
}

ListenSocket::~ListenSocket() { Close(); }

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      endpoint_(std::move(other.endpoint_)),
      port_(other.port_) {}

void ListenSocket::Close() noexcept {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

}  // namespace containercollector::server
