// SPDX-License-Identifier: Apache-2.0

/// Where a Docker daemon listens.
#ifndef CONTAINERCOLLECTOR_SRC_DOCKER_ENDPOINT_H_
#define CONTAINERCOLLECTOR_SRC_DOCKER_ENDPOINT_H_

#include <string>
#include <string_view>

namespace containercollector::internal {

struct Endpoint {
  std::string text;         ///< As it was written, for people.
  std::string socket_path;  ///< Empty: TCP.
  std::string base_url;  ///< What a target such as "/v1.40/containers/json" is
                         ///< appended to.
  bool tls = false;
};

/// Reads a host in the syntax of DOCKER_HOST.
/// @param tls Whether `tcp://` means TLS.
/// @throws Error kInvalidArgument, with a text that says what to write.
Endpoint ParseEndpoint(std::string_view host, bool tls);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_DOCKER_ENDPOINT_H_
