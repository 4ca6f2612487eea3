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
  /// An option is wrong. Nothing was sent.
  kInvalidArgument,
  /// Nothing listens at the endpoint: the socket or port does not exist or
  /// rejects, or the host's name has no address.
  kCannotConnect,
  /// The socket exists, and this user may not use it.
  kPermissionDenied,
  /// The TLS files cannot be used, or one side does not trust the other.
  kTlsFailed,
  /// No whole response arrived in time.
  kTimeout,
  /// The caller cancelled the call, see CallOptions.
  kCancelled,
  /// The connection ended before the response did.
  kResponseTruncated,
  /// The response is not HTTP, or its JSON is not what the API promises.
  kResponseMalformed,
  /// The response is larger than max_response_bytes of the options.
  kResponseTooLarge,
  /// The daemon rejects what the caller asks for, for example a filter, with
  /// status 400; or a CriClient does.
  kRequestRejected,
  /// The daemon's response is an error; http_status() holds its status. A
  /// container runtime's gRPC status is in the text.
  kDaemonError,
  /// Anything else, for example a lack of memory.
  kInternal,
};

/// Returns a short lower-case name of the code, for example "cannot_connect",
/// for logs and metrics.
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT std::string_view ToString(
    ErrorCode code) noexcept;

/// Returns whether the same call may succeed a moment later, with nothing
/// changed on this side: kCannotConnect, kTimeout, kResponseTruncated, and a
/// kDaemonError of status 500 or above, or without one, as those of a
/// CriClient.
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT bool IsRetryable(
    ErrorCode code, std::optional<int> http_status = std::nullopt) noexcept;

/// A failure. what() is one text for people: what happened, where, and what to
/// do. A value type; safe to read from many threads.
class CONTAINERCOLLECTOR_EXPORT Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& text,
        std::optional<int> http_status = std::nullopt)
      : std::runtime_error(text), code_(code), http_status_(http_status) {}
  Error(const Error&) noexcept = default;
  Error& operator=(const Error&) noexcept = default;
  ~Error() override;

  ErrorCode code() const noexcept { return code_; }

  /// Returns the status of the daemon's response, if there was one.
  std::optional<int> http_status() const noexcept { return http_status_; }

 private:
  ErrorCode code_;
  std::optional<int> http_status_;
};

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_ERROR_H_
