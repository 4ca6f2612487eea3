// SPDX-License-Identifier: Apache-2.0
/// IP addresses and ports as text.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_SOCKET_ADDRESS_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_SOCKET_ADDRESS_H_

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

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_SOCKET_ADDRESS_H_
