// SPDX-License-Identifier: Apache-2.0

/// @file
/// The exception that the library throws.
#ifndef CONTAINERCOLLECTOR_ERROR_H_
#define CONTAINERCOLLECTOR_ERROR_H_

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "containercollector/export.h"

namespace containercollector {

/// Why a call failed.
enum class ErrorCode {
  /// An option is invalid. Nothing was sent.
  kInvalidArgument,
  /// Nothing listens at the endpoint: the socket or port does not exist or
  /// refuses connections, or the host name has no address.
  kCannotConnect,
  /// The socket exists, but this user may not use it.
  kPermissionDenied,
  /// The TLS files cannot be used, or one side does not trust the other.
  kTlsFailed,
  /// No complete response arrived in time.
  kTimeout,
  /// The caller cancelled the call; see CallOptions.
  kCancelled,
  /// The connection ended before the response did.
  kResponseTruncated,
  /// The response is not HTTP, or its JSON violates the API.
  kResponseMalformed,
  /// The response exceeds max_response_bytes.
  kResponseTooLarge,
  /// A Docker daemon rejected the list options, for example a filter, with
  /// status 400, or a CriClient rejected them.
  kRequestRejected,
  /// The daemon responded with an error; http_status() returns its status. The
  /// gRPC status of a CRI runtime is in the text.
  kDaemonError,
  /// Anything else, for example out of memory.
  kInternal,
};

/// Returns a short lowercase name for logs and metrics, for example
/// "cannot_connect".
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT std::string_view ToString(
    ErrorCode code) noexcept;

/// Returns whether the same call may succeed a moment later without any change
/// on this side. True for kCannotConnect, kTimeout, kResponseTruncated, and
/// kDaemonError with a status of 500 or above or, as from a CriClient, without
/// one.
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT bool IsRetryable(
    ErrorCode code, std::optional<int> http_status = std::nullopt) noexcept;

/// A failure. what() says what happened, where, and what to do. A value type;
/// safe to read from many threads.
class CONTAINERCOLLECTOR_EXPORT Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& text,
        std::optional<int> http_status = std::nullopt)
      : std::runtime_error(text), code_(code), http_status_(http_status) {}
  Error(const Error&) noexcept = default;
  Error& operator=(const Error&) noexcept = default;
  ~Error() override;

  ErrorCode code() const noexcept { return code_; }

  /// Returns the HTTP status of the daemon's response, if there was one.
  std::optional<int> http_status() const noexcept { return http_status_; }

 private:
  ErrorCode code_;
  std::optional<int> http_status_;
};

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_ERROR_H_
