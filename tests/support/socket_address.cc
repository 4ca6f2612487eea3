// SPDX-License-Identifier: Apache-2.0

#include "tests/support/socket_address.h"

#include <arpa/inet.h>

#include <stdexcept>

namespace containercollector::test {

sockaddr_un UnixAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    throw std::invalid_argument("the path of a unix socket has 1 to " +
                                std::to_string(sizeof(address.sun_path) - 1) +
                                " bytes, not " + std::to_string(path.size()) +
                                ": '" + path + "'");
  }
  path.copy(address.sun_path, path.size());
  return address;
}

sockaddr_in LoopbackAddress(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace containercollector::test
