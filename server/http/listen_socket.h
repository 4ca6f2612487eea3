// SPDX-License-Identifier: Apache-2.0
/// The socket that the server listens on, and addresses as text.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_LISTEN_SOCKET_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_LISTEN_SOCKET_H_

#include <cstdint>
#include <string>
#include <utility>

struct sockaddr;

namespace containercollector::server {

/// Returns whether `text` is an IPv4 or IPv6 address.
bool IsIpAddress(const std::string& text);

/// Returns an IPv4 or IPv6 address with its port: "127.0.0.1:8091" or
/// "[::1]:8091". Empty for any other address, and for null.
std::string ToText(const sockaddr* address);

/// A listening TCP socket.
///
/// RAII: owns the socket. Thread-safety: as the standard containers.
class ListenSocket {
 public:
  /// @param address IPv4 or IPv6 address.
  /// @param port 0 picks a free one.
  /// @throws std::runtime_error with a readable text if it cannot listen.
  ListenSocket(const std::string& address, std::uint16_t port);

  /// Takes over a TCP socket that already listens.
  /// @throws std::runtime_error with a readable text if it does not.
  explicit ListenSocket(int fd);

  ~ListenSocket() { Close(); }
  ListenSocket(ListenSocket&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)),
        endpoint_(std::move(other.endpoint_)) {}

  int fd() const noexcept { return fd_; }

  /// Address and port, as from ToText().
  const std::string& endpoint() const noexcept { return endpoint_; }

  void Close() noexcept;

 private:
  ListenSocket() = default;

  bool ReadEndpoint();

  int fd_ = -1;
  std::string endpoint_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_LISTEN_SOCKET_H_
