// SPDX-License-Identifier: Apache-2.0
/// The reasons why a request gets no complete response, and their texts.
#ifndef CONTAINERCOLLECTOR_SRC_HTTP_FAILURE_H_
#define CONTAINERCOLLECTOR_SRC_HTTP_FAILURE_H_

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "containercollector/error.h"
#include "lib/src/endpoint.h"

namespace containercollector::internal {

enum class FailureKind {
  kNotListening,      ///< The socket or port does not exist, or refuses.
  kNotASocket,        ///< The socket's path is a file or a directory.
  kBacklogFull,       ///< The daemon accepts no connections.
  kUnknownHost,       ///< `detail` says why the name has no address.
  kPermissionDenied,  ///< This user may not use the socket.
  kResolveTimeout,    ///< No address for the host name within `elapsed`.
  kConnectTimeout,    ///< No connection within `elapsed`.
  kResponseTimeout,   ///< No complete response within `elapsed`.
  kTruncated,         ///< The connection ended after `bytes` of the body.
  kStreamReset,       ///< The daemon reset the HTTP/2 stream; `detail`.
  kInvalidHttp,       ///< `detail` says why.
  kNotHttp,           ///< The bytes belong to another protocol.
  kHeadersTooLarge,   ///< Headers or trailers are larger than `limit`.
  kBodyTooLarge,      ///< The body is larger than `limit`.
  kTls,               ///< `detail` says why.
  kCancelled,         ///< The caller cancelled the call.
  kInternal,          ///< `detail` says why; not the daemon's fault.
};

/// Returns the kind of failure of a connect() that failed with `os_error`.
FailureKind KindOfConnectFailure(int os_error, const Endpoint& endpoint);

/// Returns what is at a path that should be a socket: "a directory" or "a
/// file"; empty if it is a socket or cannot be examined.
std::string NotASocket(const std::string& path);

/// Returns the beginning of another program's text, as valid UTF-8. "..."
/// replaces everything beyond `max_bytes`.
std::string Shortened(std::string_view text, std::size_t max_bytes);

/// Returns a service's message for an error text: without surrounding blanks,
/// shortened to 4 KiB.
std::string MessageText(std::string_view message);

/// Why a request got no complete response.
struct Failure {
  FailureKind kind = FailureKind::kInternal;
  std::size_t bytes = 0;  ///< Bytes of the body that arrived.
  std::size_t limit = 0;  ///< The limit that was exceeded, in bytes.
  std::chrono::nanoseconds elapsed{};  ///< The time limit that was exceeded.
  std::string detail;
};

/// What was requested, for error texts.
struct Place {
  Endpoint endpoint;
  /// For example "GET /version", "runtime.v1.RuntimeService/Version".
  std::string request;
};

/// Returns for example "The answer of the Docker daemon at unix:///run/d.sock
/// to GET /version".
std::string AnswerOf(const Place& place);

/// Returns advice to check whether the right kind of runtime listens there.
std::string CheckWhoListens(const Place& place);

/// Returns the error for a request without a complete response.
Error ToError(const Place& place, const Failure& failure);

/// Returns the error for a response whose content violates the API.
/// @param why For example "[0].Id: expected a string, got 1".
Error Malformed(const Place& place, const Error& why);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_HTTP_FAILURE_H_
