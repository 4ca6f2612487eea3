// SPDX-License-Identifier: Apache-2.0
/// The ways in which a call of the daemon fails, and the text for each.
#ifndef CONTAINERCOLLECTOR_SRC_DOCKER_FAILURE_H_
#define CONTAINERCOLLECTOR_SRC_DOCKER_FAILURE_H_

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "containercollector/error.h"
#include "lib/src/docker/api_version.h"
#include "lib/src/docker/daemon_response.h"
#include "lib/src/docker/endpoint.h"

namespace containercollector::internal {

enum class FailureKind {
  kNotListening,      ///< The socket or port does not exist, or rejects.
  kNotASocket,        ///< The socket's path is a file or a directory.
  kBacklogFull,       ///< The daemon accepts no connection.
  kUnknownHost,       ///< `detail` says why the name has no address.
  kPermissionDenied,  ///< This user may not use the socket.
  kResolveTimeout,    ///< No address of the host within `elapsed`.
  kConnectTimeout,    ///< No connection within `elapsed`.
  kResponseTimeout,   ///< No whole response within `elapsed`.
  kTruncated,         ///< The connection ended after `bytes` of the body.
  kInvalidHttp,       ///< `detail` says why.
  kNotHttp,           ///< The bytes are another protocol's.
  kHeadersTooLarge,   ///< Headers or trailers are larger than `limit`.
  kBodyTooLarge,      ///< The body is larger than `limit`.
  kTls,               ///< `detail` says why.
  kCancelled,         ///< The caller cancelled the call.
  kInternal,          ///< `detail` says why; not the daemon's fault.
};

/// Returns the kind of a connect() that failed with `os_error`.
FailureKind KindOfConnectFailure(int os_error, const Endpoint& endpoint);

/// Why a request got no whole response.
struct Failure {
  FailureKind kind = FailureKind::kInternal;
  Endpoint endpoint;
  std::string request;                 ///< For example "GET /version".
  std::size_t bytes = 0;               ///< Bytes of the body that arrived.
  std::size_t limit = 0;               ///< The bound that was passed, in bytes.
  std::chrono::nanoseconds elapsed{};  ///< The time limit that was passed.
  std::string detail;
};

/// Returns the error for a request that got no whole response.
Error ToError(const Failure& failure);

/// Returns the error for a response with another status than 200.
Error ToError(const DaemonResponse& response);

/// Returns the error for a body that is not the API's JSON.
/// @param path Without API version and query, for example "/containers/json".
/// @param why For example "[0].Id: expected a string, got 1".
Error MalformedJson(const Endpoint& endpoint, std::string_view path,
                    const Error& why);

/// Returns the error for a daemon that rejects `version` and names no other.
Error NoApiVersion(const Endpoint& endpoint, ApiVersion version);

/// Returns the message in the body of an error response: that of Docker's JSON,
/// else the text as it is. Valid UTF-8, without blanks around it, truncated
/// after 4 KiB.
std::string DaemonMessage(const DaemonResponse& response);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_DOCKER_FAILURE_H_
