// SPDX-License-Identifier: Apache-2.0
/// The error for each way in which a call of the container runtime fails.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_FAILURE_H_
#define CONTAINERCOLLECTOR_SRC_CRI_FAILURE_H_

#include <string>

#include "containercollector/error.h"
#include "lib/src/cri/grpc.h"
#include "lib/src/cri/messages.h"

namespace containercollector::internal::cri {

/// Where a call went, for the texts.
struct CallPlace {
  Endpoint endpoint;
  std::string request;  ///< "runtime.v1.RuntimeService/Version".
};

/// Returns the error for a call that got no whole response.
Error ToError(const CallPlace& place, const Failure& failure);

/// Returns the error for a response that is not gRPC's.
Error ToError(const CallPlace& place, const GrpcMalformed& malformed);

/// Returns the error for a message that is not the CRI's.
Error ToError(const CallPlace& place, const MessageError& error);

/// Returns the error for the runtime's own error.
Error ToError(const GrpcStatus& status);

/// Returns the error for a service that speaks HTTP/1.1.
Error NotGrpc(const CallPlace& place);

/// Returns the error for a service that does not implement the CRI.
Error NoCri(const CallPlace& place, const GrpcStatus& status);

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_FAILURE_H_
