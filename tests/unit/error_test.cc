// SPDX-License-Identifier: Apache-2.0

#include "containercollector/error.h"

#include <set>
#include <string>
#include <type_traits>

#include "tests/support/catch.h"

using containercollector::Error;
using containercollector::ErrorCode;

TEST_CASE("An error carries its code, its text and the daemon's status") {
  const Error error(ErrorCode::kDaemonError, "Error response from daemon: no",
                    404);
  CHECK(error.code() == ErrorCode::kDaemonError);
  CHECK(error.what() == std::string("Error response from daemon: no"));
  CHECK(error.http_status() == 404);
  CHECK(Error(ErrorCode::kTimeout, "late").http_status() == std::nullopt);
  STATIC_REQUIRE(std::is_nothrow_copy_constructible_v<Error>);
}

TEST_CASE("Every error code has a name of its own") {
  std::set<std::string_view> names;
  for (const ErrorCode code :
       {ErrorCode::kInvalidArgument, ErrorCode::kCannotConnect,
        ErrorCode::kPermissionDenied, ErrorCode::kTlsFailed,
        ErrorCode::kTimeout, ErrorCode::kCancelled,
        ErrorCode::kResponseTruncated, ErrorCode::kResponseMalformed,
        ErrorCode::kResponseTooLarge, ErrorCode::kRequestRejected,
        ErrorCode::kDaemonError, ErrorCode::kInternal}) {
    names.insert(ToString(code));
  }
  CHECK(names == std::set<std::string_view>{
                     "invalid_argument", "cannot_connect", "permission_denied",
                     "tls_failed", "timeout", "cancelled", "response_truncated",
                     "response_malformed", "response_too_large",
                     "request_rejected", "daemon_error", "internal"});
}

TEST_CASE("A failure that may pass by itself is retryable") {
  using containercollector::IsRetryable;
  CHECK(IsRetryable(ErrorCode::kCannotConnect));
  CHECK(IsRetryable(ErrorCode::kTimeout));
  CHECK(IsRetryable(ErrorCode::kResponseTruncated));
  CHECK(IsRetryable(ErrorCode::kDaemonError, 500));
  CHECK_FALSE(IsRetryable(ErrorCode::kDaemonError, 404));
  CHECK_FALSE(IsRetryable(ErrorCode::kRequestRejected, 400));
  CHECK_FALSE(IsRetryable(ErrorCode::kCancelled));
  CHECK_FALSE(IsRetryable(ErrorCode::kPermissionDenied));
  CHECK_FALSE(IsRetryable(ErrorCode::kResponseTooLarge));
}
