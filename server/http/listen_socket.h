// SPDX-License-Identifier: Apache-2.0
/// The socket that the server listens on, and addresses as text.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_LISTEN_SOCKET_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_LISTEN_SOCKET_H_

#include <cstdint>
#include <memory>
#include <string>

struct addrinfo;
struct sockaddr;

namespace containercollector::server {

struct AddressInfoDeleter {
  void operator()(addrinfo* info) const noexcept;
};
using AddressInfo = std::unique_ptr<addrinfo, AddressInfoDeleter>;

/// Returns null unless `address` is an IPv4 or IPv6 address.
AddressInfo ParseAddress(const std::string& address, std::uint16_t port);

/// Whether `text` is an IPv4 or IPv6 address.
bool IsIpAddress(const std::string& text);

/// "127.0.0.1:8091" or "[::1]:8091".
std::string JoinHostPort(const std::string& address, std::uint16_t port);

/// The address and port of an IPv4 or IPv6 socket; empty for other families.
std::string ToText(const sockaddr* address);

/// The address and port that a socket is bound to.
/// @throws std::system_error
std::string LocalAddress(int socket);

/// A TCP socket that listens from its construction on.
///
/// RAII: owns the socket. Thread-safety: as the standard containers.
class ListenSocket {
 public:
  /// @param address IPv4 or IPv6 address.
  /// @param port 0 picks a free one.
  /// @throws std::runtime_error with a text for people if it cannot listen.
  ListenSocket(const std::string& address, std::uint16_t port);

  /// Takes over a TCP socket that listens already.
  /// @throws std::runtime_error with a text for people if it is none.
  explicit ListenSocket(int fd);

  ~ListenSocket();
  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&&) = delete;
  ListenSocket(const ListenSocket&) = delete;
  ListenSocket& operator=(const ListenSocket&) = delete;

  int fd() const noexcept { return fd_; }

  /// Address and port, e.g. "127.0.0.1:8091" or "[::1]:8091".
  const std::string& endpoint() const noexcept { return endpoint_; }

  void Close() noexcept;

 private:
  [[noreturn]] void Fail(const std::string& text);

  int fd_ = -1;
  std::string endpoint_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_LISTEN_SOCKET_H_
