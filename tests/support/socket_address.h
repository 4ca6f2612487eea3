// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_SOCKET_ADDRESS_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_SOCKET_ADDRESS_H_

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <string>

namespace containercollector::test {

/// Throws std::invalid_argument for a path too long for a unix socket.
sockaddr_un UnixAddress(const std::string& path);

sockaddr_in LoopbackAddress(std::uint16_t port);

/// The one cast that the socket interface asks for.
template <typename Specific>
const sockaddr* Generic(const Specific& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_SOCKET_ADDRESS_H_
