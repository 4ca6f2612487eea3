// SPDX-License-Identifier: Apache-2.0

/// @file
/// The one exception that the library throws of its own.
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
  kInvalidArgument,  ///< An option is wrong. Nothing was sent.
  kCannotConnect,    ///< Nobody listens at the endpoint: the socket is missing,
                     ///< or refuses.
  kPermissionDenied,  ///< The socket is there, and this user may not use it.
  kTlsFailed,  ///< The TLS files cannot be used, or one side does not trust the
               ///< other.
  kTimeout,    ///< No whole answer came in time.
  kResponseTruncated,  ///< The connection ended before the answer did.
  kResponseMalformed,  ///< The answer is not HTTP, or its JSON is not what the
                       ///< API promises.
  kResponseTooLarge,   ///< The answer is larger than
                       ///< ClientOptions::max_response_bytes.
  kDaemonError,  ///< The daemon answered with an error; http_status() holds its
                 ///< status.
  kInternal,     ///< Anything else, e.g. libcurl ran out of memory.
};

/// A short lower-case name of the code, e.g. "cannot_connect", for logs and
/// metrics.
CONTAINERCOLLECTOR_EXPORT std::string_view ToString(ErrorCode code) noexcept;

/// A failure. what() is one text for people: what happened, where, and what to
/// do.
class CONTAINERCOLLECTOR_EXPORT Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& text,
        std::optional<int> http_status = std::nullopt)
      : std::runtime_error(text), code_(code), http_status_(http_status) {}
  Error(const Error&) noexcept = default;
  Error& operator=(const Error&) noexcept = default;
  ~Error() override;

  ErrorCode code() const noexcept { return code_; }

  /// The status of the daemon's answer, where it answered.
  std::optional<int> http_status() const noexcept { return http_status_; }

 private:
  ErrorCode code_;
  std::optional<int> http_status_;
};

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_ERROR_H_
