// SPDX-License-Identifier: Apache-2.0

#include "containercollector/error.h"

#include <array>

namespace containercollector {

// Defined out of line so that the class's type information exists only once.
Error::~Error() = default;

std::string_view ToString(ErrorCode code) noexcept {
  // In the order of the enumeration.
  constexpr std::array kNames = {"invalid_argument",
                                 "cannot_connect",
                                 "permission_denied",
                                 "tls_failed",
                                 "timeout",
                                 "cancelled",
                                 "response_truncated",
                                 "response_malformed",
                                 "response_too_large",
                                 "request_rejected",
                                 "daemon_error",
                                 "internal"};
  static_assert(kNames.size() ==
                static_cast<std::size_t>(ErrorCode::kInternal) + 1);
  return kNames.at(static_cast<std::size_t>(code));
}

bool IsRetryable(ErrorCode code, std::optional<int> http_status) noexcept {
  if (code == ErrorCode::kDaemonError) return http_status.value_or(500) >= 500;
  return code == ErrorCode::kCannotConnect || code == ErrorCode::kTimeout ||
         code == ErrorCode::kResponseTruncated;
}

}  // namespace containercollector
