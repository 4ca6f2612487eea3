// SPDX-License-Identifier: Apache-2.0
/// The reasons why a request fails, and their texts.
#ifndef CONTAINERCOLLECTOR_SRC_FAILURE_H_
#define CONTAINERCOLLECTOR_SRC_FAILURE_H_

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
  kBacklogFull,       ///< The runtime accepts no connections.
  kUnknownHost,       ///< `detail` says why the name has no address.
  kPermissionDenied,  ///< This user may not use the socket.
  kTls,               ///< `detail` says why.
  kResolveTimeout,    ///< No address for the host name within `elapsed`.
  kConnectTimeout,    ///< No connection within `elapsed`.
  kResponseTimeout,   ///< No complete response within `elapsed`.
  kClosed,            ///< The connection ended before the body.
  kTruncated,         ///< The connection ended after `bytes` of the body.
  kStreamReset,       ///< The runtime reset the HTTP/2 stream; `detail`.
  kInvalidHttp,       ///< `detail` says why.
  kNotHttp,           ///< The bytes belong to another protocol.
  kHeadersTooLarge,   ///< Headers or trailers are larger than `limit`.
  kBodyTooLarge,      ///< The body is larger than `limit`.
  kCancelled,         ///< The caller cancelled the call.
  kInternal,          ///< `detail` says why; not the runtime's fault.

  // Complete responses.
  kMalformed,      ///< The content violates the API; `detail` follows "is".
  kNoApiVersion,   ///< Docker rejects API version `detail` and names no other.
  kGrpcStatus,     ///< The runtime sent `grpc_status`; `detail`.
  kNoGrpcStatus,   ///< It ended without a gRPC status after `bytes`.
  kNotGrpc,        ///< A service of HTTP/1.1.
  kNoCri,          ///< A gRPC server without the CRI; `detail`.
  kContradiction,  ///< `detail` is listed and does not exist.
};

/// Why a request failed.
struct Failure {
  FailureKind kind = FailureKind::kInternal;
  std::string detail;
  std::size_t bytes = 0;  ///< Bytes of the body that arrived.
  std::size_t limit = 0;  ///< The limit that was exceeded, in bytes.
  std::chrono::nanoseconds elapsed{};  ///< The time limit that was exceeded.
  int grpc_status = 0;
};

/// What was requested, for error texts.
struct Place {
  Endpoint endpoint;
  /// For example "GET /version", "runtime.v1.RuntimeService/Version".
  std::string request;
};

/// The error of kBacklogFull: the runtime hangs, although the error's code is
/// that of a refused connection.
struct FullQueueError : Error {
  using Error::Error;
};

/// Returns the error with the failure's text.
Error ToError(const Place& place, const Failure& failure);

/// Throws that error; for kBacklogFull, as a FullQueueError.
[[noreturn]] void Throw(const Place& place, const Failure& failure);

/// Returns advice to check whether the right kind of runtime listens there.
std::string CheckWhoListens(RuntimeKind kind);

/// Returns the kind of failure of a connect() that failed with `os_error`.
FailureKind KindOfConnectFailure(int os_error, const Endpoint& endpoint);

/// Returns the text without the blanks around it.
std::string_view Trimmed(std::string_view text,
                         std::string_view blanks = " \t\r\n");

/// Returns the beginning of another program's text, as valid UTF-8. "..."
/// replaces everything beyond `max_bytes`.
std::string Shortened(std::string_view text, std::size_t max_bytes);

/// Returns a service's message for an error text: without surrounding blanks,
/// shortened to 4 KiB.
std::string MessageText(std::string_view message);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_FAILURE_H_
