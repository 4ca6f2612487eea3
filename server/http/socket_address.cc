// SPDX-License-Identifier: Apache-2.0
#include "server/http/socket_address.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>

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

}  // namespace containercollector::server
