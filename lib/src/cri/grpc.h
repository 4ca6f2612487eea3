// SPDX-License-Identifier: Apache-2.0
/// Unary gRPC calls, as far as the CRI needs them.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_GRPC_H_
#define CONTAINERCOLLECTOR_SRC_CRI_GRPC_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/src/http/http2_transport.h"

namespace containercollector::internal {

/// Status codes of gRPC that need a treatment of their own.
enum class GrpcCode {
  kOk = 0,
  kNotFound = 5,
  kUnimplemented = 12,
};

/// A status other than OK.
struct GrpcStatus {
  int code = 0;
  std::string message;  ///< Valid UTF-8; can be empty.
};

/// Why a whole HTTP response is not a response of gRPC.
enum class GrpcFault {
  kNotGrpc,     ///< `detail` says what it is.
  kNoStatus,    ///< It ended without the trailer grpc-status.
  kNoMessage,   ///< It has no message, or not all of its five-byte prefix.
  kCompressed,  ///< Compression was not asked for.
  kTooShort,    ///< Less follows than the prefix announces.
  kTooLong,     ///< More follows than the prefix announces.
};

struct GrpcMalformed {
  GrpcFault fault = GrpcFault::kNotGrpc;
  std::size_t announced = 0;  ///< Bytes that the prefix announces.
  std::size_t bytes = 0;      ///< Bytes that came after the prefix.
  std::string detail;
};

/// What a call results in: the bytes of a message, or why there is none.
using GrpcResult =
    std::variant<std::string, GrpcStatus, GrpcMalformed, Failure>;

/// Returns the name of a status code, e.g. "UNAVAILABLE"; its number if gRPC
/// has none.
std::string GrpcCodeName(int code);

/// Returns the body of a request: the message behind its five-byte prefix.
std::string FrameMessage(std::string_view message);

/// Returns the result that a whole HTTP response holds.
GrpcResult ParseGrpcResponse(HttpResponse response);

/// Returns the result of a request that got no whole response. A service can
/// reset the stream right after the status, which then counts.
GrpcResult ParseGrpcFailure(PostFailure failure);

/// A call: "/package.Service/Method" and the bytes of the request's message.
struct GrpcCall {
  std::string method;
  std::string message;
};

/// Calls a service at a Unix socket. Thread-safe.
class GrpcChannel {
 public:
  /// Gets the result of the call with an index, in any order. An exception ends
  /// all calls and reaches the caller.
  using Done = std::function<void(std::size_t index, GrpcResult result)>;

  /// @param max_bytes Bound on all response messages of CallAll() together.
  GrpcChannel(Endpoint endpoint, std::chrono::nanoseconds connect_timeout,
              std::size_t max_bytes);

  GrpcResult Call(const GrpcCall& call, const CallLimit& limit) const;

  void CallAll(const std::vector<GrpcCall>& calls, const CallLimit& limit,
               const Done& done) const;

  /// Asks whether what listens there speaks HTTP/1.1 instead.
  bool SpeaksHttp1(const CallLimit& limit) const {
    return transport_.SpeaksHttp1(limit);
  }

  const Endpoint& endpoint() const noexcept { return transport_.endpoint(); }

 private:
  Http2Transport transport_;
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_CRI_GRPC_H_
