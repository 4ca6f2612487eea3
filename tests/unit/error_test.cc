// SPDX-License-Identifier: Apache-2.0
#include "containercollector/error.h"

#include <string>
#include <type_traits>

#include "tests/support/catch.h"

using namespace containercollector;

TEST_CASE("An error carries its code, its text and the daemon's status") {
  const Error error(ErrorCode::kDaemonError, "no", 404);
  CHECK(error.code() == ErrorCode::kDaemonError);
  CHECK(error.what() == std::string("no"));
  CHECK(error.http_status() == 404);
  CHECK(Error(ErrorCode::kTimeout, "late").http_status() == std::nullopt);
  STATIC_REQUIRE(std::is_nothrow_copy_constructible_v<Error>);
}

TEST_CASE("An error code has a name and says whether a retry may help") {
  const auto [code, name, is_retryable] =
      GENERATE(table<ErrorCode, std::string, bool>({
          {ErrorCode::kInvalidArgument, "invalid_argument", false},
          {ErrorCode::kCannotConnect, "cannot_connect", true},
          {ErrorCode::kPermissionDenied, "permission_denied", false},
          {ErrorCode::kTlsFailed, "tls_failed", false},
          {ErrorCode::kTimeout, "timeout", true},
          {ErrorCode::kCancelled, "cancelled", false},
          {ErrorCode::kResponseTruncated, "response_truncated", true},
          {ErrorCode::kResponseMalformed, "response_malformed", false},
          {ErrorCode::kResponseTooLarge, "response_too_large", false},
          {ErrorCode::kRequestRejected, "request_rejected", false},
          {ErrorCode::kDaemonError, "daemon_error", true},
          {ErrorCode::kInternal, "internal", false},
      }));
  CHECK(ToString(code) == name);
  CHECK(IsRetryable(code) == is_retryable);
}

TEST_CASE("A daemon's error is retryable if its status is 500 or above") {
  CHECK(IsRetryable(ErrorCode::kDaemonError, 500));
  CHECK_FALSE(IsRetryable(ErrorCode::kDaemonError, 499));
  CHECK_FALSE(IsRetryable(ErrorCode::kRequestRejected, 500));
}
