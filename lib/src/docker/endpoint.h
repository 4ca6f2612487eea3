// SPDX-License-Identifier: Apache-2.0

/// Where a Docker daemon listens.
#ifndef CONTAINERCOLLECTOR_SRC_DOCKER_ENDPOINT_H_
#define CONTAINERCOLLECTOR_SRC_DOCKER_ENDPOINT_H_

#include <string_view>

#include "lib/src/http/endpoint.h"

namespace containercollector::internal {

/// Parses an endpoint in the syntax of DOCKER_HOST.
/// @param tls Whether `tcp://` means TLS.
/// @throws Error kInvalidArgument, with a text that says what to write.
Endpoint ParseEndpoint(std::string_view text, bool tls);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_DOCKER_ENDPOINT_H_
