// SPDX-License-Identifier: Apache-2.0
/// Unary gRPC calls, as far as the CRI needs them.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_GRPC_H_
#define CONTAINERCOLLECTOR_SRC_CRI_GRPC_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "lib/src/http/http2_transport.h"

namespace containercollector::internal {

/// Status codes of gRPC that need a treatment of their own.
enum class GrpcCode {
  kOk = 0,
  kUnknown = 2,
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

/// Returns the result of a call. A service can reset the stream right after its
/// status, which then counts.
GrpcResult ParseGrpcResult(PostResult result);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_CRI_GRPC_H_
