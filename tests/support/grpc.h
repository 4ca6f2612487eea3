// SPDX-License-Identifier: Apache-2.0

/// How gRPC puts messages on HTTP/2, without a gRPC library.
#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_GRPC_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_GRPC_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/request.h"

namespace containercollector::test {

/// gRPC's status codes, as far as the tests use them.
enum class GrpcCode {
  kOk = 0,
  kUnknown = 2,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
};

/// Returns the message with its prefix: the compressed flag and the length.
std::string GrpcFrame(std::string_view message);

/// Returns a prefix with any flag and length.
std::string GrpcPrefix(std::uint8_t flag, std::uint32_t length);

/// Returns the one message in `body`; nothing if the body is anything else.
std::optional<std::string> GrpcMessage(std::string_view body);

/// Returns the first header of that name.
std::optional<std::string> FindHeader(const Headers& headers,
                                      std::string_view name);

/// How a call ended, as the client saw it.
struct GrpcResult {
  enum class End { kWhole, kReset, kConnectionClosed, kTimedOut };

  End end = End::kTimedOut;
  Headers headers;
  std::string body;  ///< The bytes of all DATA frames.
  Headers trailers;

  /// The value of grpc-status, in the trailers or in the only headers.
  std::optional<int> Status() const;
  std::string ErrorMessage() const;

  /// Returns the message of a call that succeeded.
  /// @throws std::runtime_error with the status if the call failed.
  std::string Message() const;
};

/// A client that shares no code with the library. One connection, any number of
/// calls. Belongs to one thread.
class GrpcClient {
 public:
  /// @param host `unix:///PATH`.
  /// @throws std::system_error if it cannot connect.
  explicit GrpcClient(const std::string& host);
  ~GrpcClient();
  GrpcClient(const GrpcClient&) = delete;
  GrpcClient& operator=(const GrpcClient&) = delete;

  /// Begins a call.
  /// @param path Such as `/runtime.v1.RuntimeService/Version`.
  /// @return The call, for Wait().
  std::int32_t Begin(const std::string& path, std::string_view message);

  /// Waits for the end of a call. A call that has not ended can be waited for
  /// again.
  GrpcResult Wait(std::int32_t call,
                  std::chrono::milliseconds timeout = kTimeout);

  GrpcResult Call(const std::string& path, std::string_view message,
                  std::chrono::milliseconds timeout = kTimeout) {
    return Wait(Begin(path, message), timeout);
  }

 private:
  static constexpr std::chrono::seconds kTimeout{60};

  class Session;
  std::unique_ptr<Session> session_;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_GRPC_H_
