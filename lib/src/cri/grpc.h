// SPDX-License-Identifier: Apache-2.0
/// Unary gRPC calls; supports only what the CRI needs.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_GRPC_H_
#define CONTAINERCOLLECTOR_SRC_CRI_GRPC_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "lib/src/http/http2_transport.h"

namespace containercollector::internal {

/// The gRPC status codes that are handled specially.
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

/// Why a complete HTTP response is not a valid gRPC response.
enum class GrpcFault {
  kNotGrpc,     ///< `detail` names what it is.
  kNoStatus,    ///< It ended without the trailer grpc-status.
  kNoMessage,   ///< No message, or an incomplete five-byte prefix.
  kCompressed,  ///< Compressed, although not requested.
  kTooShort,    ///< Shorter than the prefix announces.
  kTooLong,     ///< Longer than the prefix announces.
};

struct GrpcMalformed {
  GrpcFault fault = GrpcFault::kNotGrpc;
  std::size_t announced = 0;  ///< Bytes that the prefix announces.
  std::size_t bytes = 0;      ///< Bytes after the prefix.
  std::string detail;
};

/// The result of a call: the bytes of a message, or why there is none.
using GrpcResult =
    std::variant<std::string, GrpcStatus, GrpcMalformed, Failure>;

/// Returns the name of a status code, e.g. "UNAVAILABLE", or its number if it
/// has none.
std::string GrpcCodeName(int code);

/// Returns a request body: the message after its five-byte prefix.
std::string FrameMessage(std::string_view message);

/// Returns the result of a call. If a service resets the stream right after
/// sending its status, the status counts.
GrpcResult ParseGrpcResult(PostResult result);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_CRI_GRPC_H_
