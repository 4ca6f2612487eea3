// SPDX-License-Identifier: Apache-2.0
/// The socket that the server listens on.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_LISTEN_SOCKET_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_LISTEN_SOCKET_H_

#include <cstdint>
#include <string>

namespace containercollector::server {

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
