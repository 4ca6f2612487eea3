// SPDX-License-Identifier: Apache-2.0

#include "containercollector/error.h"

namespace containercollector {

// Defined out of line so that the class's type information exists only once.
Error::~Error() = default;

std::string_view ToString(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "invalid_argument";
    case ErrorCode::kCannotConnect:
      return "cannot_connect";
    case ErrorCode::kPermissionDenied:
      return "permission_denied";
    case ErrorCode::kTlsFailed:
      return "tls_failed";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kResponseTruncated:
      return "response_truncated";
    case ErrorCode::kResponseMalformed:
      return "response_malformed";
    case ErrorCode::kResponseTooLarge:
      return "response_too_large";
    case ErrorCode::kRequestRejected:
      return "request_rejected";
    case ErrorCode::kDaemonError:
      return "daemon_error";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "unknown";
}

bool IsRetryable(ErrorCode code, std::optional<int> http_status) noexcept {
  switch (code) {
    case ErrorCode::kCannotConnect:
    case ErrorCode::kTimeout:
    case ErrorCode::kResponseTruncated:
      return true;
    case ErrorCode::kDaemonError:
      return http_status.value_or(500) >= 500;
    default:
      return false;
  }
}

}  // namespace containercollector
