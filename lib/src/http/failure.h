// SPDX-License-Identifier: Apache-2.0
/// The ways in which a request gets no whole response, and their texts.
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
  kNotListening,      ///< The socket or port does not exist, or rejects.
  kNotASocket,        ///< The socket's path is a file or a directory.
  kBacklogFull,       ///< The daemon accepts no connection.
  kUnknownHost,       ///< `detail` says why the name has no address.
  kPermissionDenied,  ///< This user may not use the socket.
  kResolveTimeout,    ///< No address of the host within `elapsed`.
  kConnectTimeout,    ///< No connection within `elapsed`.
  kResponseTimeout,   ///< No whole response within `elapsed`.
  kTruncated,         ///< The connection ended after `bytes` of the body.
  kStreamReset,       ///< The daemon reset the HTTP/2 stream; `detail`.
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

/// Returns what a path holds that should be a socket, "a directory" or "a
/// file"; empty if it is one, or if nobody can tell.
std::string NotASocket(const std::string& path);

/// Returns the beginning of a text that is not ours: valid UTF-8, with "..." in
/// place of what is more than `max_bytes`.
std::string Shortened(std::string_view text, std::size_t max_bytes);

/// Returns the message of a service, for our texts: without blanks around it,
/// shortened to 4 KiB.
std::string MessageText(std::string_view message);

/// Why a request got no whole response.
struct Failure {
  FailureKind kind = FailureKind::kInternal;
  std::size_t bytes = 0;               ///< Bytes of the body that arrived.
  std::size_t limit = 0;               ///< The bound that was passed, in bytes.
  std::chrono::nanoseconds elapsed{};  ///< The time limit that was passed.
  std::string detail;
};

/// What was asked, for the texts.
struct Place {
  Endpoint endpoint;
  /// For example "GET /version", "runtime.v1.RuntimeService/Version".
  std::string request;
};

/// Returns for example "The answer of the Docker daemon at unix:///run/d.sock
/// to GET /version".
std::string AnswerOf(const Place& place);

/// Returns the advice to check whether the right kind of runtime listens.
std::string CheckWhoListens(const Place& place);

/// Returns the error for a request that got no whole response.
Error ToError(const Place& place, const Failure& failure);

/// Returns the error for a response whose content is not what the API promises.
/// @param why For example "[0].Id: expected a string, got 1".
Error Malformed(const Place& place, const Error& why);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_HTTP_FAILURE_H_
