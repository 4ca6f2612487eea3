// SPDX-License-Identifier: Apache-2.0
/// The address at which a runtime listens, and checks of the other options.
#ifndef CONTAINERCOLLECTOR_SRC_ENDPOINT_H_
#define CONTAINERCOLLECTOR_SRC_ENDPOINT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "containercollector/runtime_options.h"

namespace containercollector::internal {

struct Endpoint {
  std::string text;         ///< As written, with defaults filled in.
  std::string socket_path;  ///< Empty for TCP; "@name" if abstract.
  std::string base_url;     ///< Precedes the target of each request.
  bool tls = false;
  RuntimeKind kind = RuntimeKind::kDocker;  ///< The kind expected there.
};

/// Parses an endpoint in the syntax of DOCKER_HOST, in every form that Docker's
/// CLI accepts. RuntimeKind::kCri accepts only Unix sockets.
/// @param tls Whether `tcp://` means TLS.
/// @throws Error kInvalidArgument; the text says what to use instead.
Endpoint ParseEndpoint(std::string_view text, RuntimeKind kind,
                       bool tls = false);

/// Returns the options. Checks everything but the endpoints.
/// @throws Error kInvalidArgument; the text says what to use instead.
const RuntimeOptions& CheckOptions(const RuntimeOptions& options);

/// Distinguishes a socket from a later one at the same path: device, inode and
/// change time, since inode numbers are reused.
using FileIdentity =
    std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t>;

/// Returns std::nullopt if there is no file.
std::optional<FileIdentity> IdentityOf(const std::string& path);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_ENDPOINT_H_
