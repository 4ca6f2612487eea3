// SPDX-License-Identifier: Apache-2.0

#include "containercollector/error.h"

namespace containercollector {

// Here, so that the class has its type information in one place.
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
    case ErrorCode::kResponseTruncated:
      return "response_truncated";
    case ErrorCode::kResponseMalformed:
      return "response_malformed";
    case ErrorCode::kResponseTooLarge:
      return "response_too_large";
    case ErrorCode::kDaemonError:
      return "daemon_error";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "unknown";
}

}  // namespace containercollector
