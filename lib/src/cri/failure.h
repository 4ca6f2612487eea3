// SPDX-License-Identifier: Apache-2.0
/// The errors for complete responses that violate the CRI.
/// lib/src/http/failure.h has those for requests without a complete response.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_FAILURE_H_
#define CONTAINERCOLLECTOR_SRC_CRI_FAILURE_H_

#include "containercollector/error.h"
#include "lib/src/cri/grpc.h"
#include "lib/src/http/failure.h"

namespace containercollector::internal {

/// Returns the error for a response that is not gRPC.
Error ToError(const Place& place, const GrpcMalformed& malformed);

/// Returns the error for an error that the runtime itself reports.
Error ToError(const GrpcStatus& status);

/// Returns the error for a service that speaks HTTP/1.1.
Error NotGrpc(const Place& place);

/// Returns the error for a service that does not implement the CRI.
Error NoCri(const Place& place, const GrpcStatus& status);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_CRI_FAILURE_H_
