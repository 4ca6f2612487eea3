// SPDX-License-Identifier: Apache-2.0
/// Where a runtime listens.
#ifndef CONTAINERCOLLECTOR_SRC_ENDPOINT_H_
#define CONTAINERCOLLECTOR_SRC_ENDPOINT_H_

#include <string>
#include <string_view>

#include "containercollector/runtime_options.h"

namespace containercollector::internal {

struct Endpoint {
  std::string text;         ///< For people: as written, defaults filled in.
  std::string socket_path;  ///< Empty for TCP; "@name" if it is abstract.
  std::string base_url;     ///< Stands before each request's target.
  bool tls = false;
  RuntimeKind kind = RuntimeKind::kDocker;  ///< What should listen there.
};

/// Parses an endpoint in the syntax of DOCKER_HOST, in the forms that Docker's
/// CLI accepts. For RuntimeKind::kCri only a Unix socket will do.
/// @param tls Whether `tcp://` means TLS.
/// @throws Error kInvalidArgument, with a text that says what to write.
Endpoint ParseEndpoint(std::string_view text, RuntimeKind kind,
                       bool tls = false);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_ENDPOINT_H_
