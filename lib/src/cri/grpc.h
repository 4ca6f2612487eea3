// SPDX-License-Identifier: Apache-2.0
/// Unary gRPC calls; supports only what the CRI needs.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_GRPC_H_
#define CONTAINERCOLLECTOR_SRC_CRI_GRPC_H_

#include <optional>
#include <string>
#include <string_view>

#include "lib/src/failure.h"
#include "lib/src/http/response.h"

namespace containercollector::internal {

// The status codes that are handled specially.
inline constexpr int kGrpcOk = 0;
inline constexpr int kGrpcUnknown = 2;
inline constexpr int kGrpcNotFound = 5;
inline constexpr int kGrpcUnimplemented = 12;

/// The result of a call: the bytes of a message, or why there is none.
struct GrpcResult {
  std::string message;
  std::optional<Failure> failure;

  bool HasStatus(int status) const noexcept {
    return failure && failure->kind == FailureKind::kGrpcStatus &&
           failure->grpc_status == status;
  }
};

/// Returns a request body: the message after its five-byte prefix.
std::string FrameMessage(std::string_view message);

/// Returns the result of a call. If a service resets the stream right after
/// sending its status, the status counts.
GrpcResult ParseGrpcResult(HttpResponse response);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_CRI_GRPC_H_
