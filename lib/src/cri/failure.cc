// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/failure.h"

#include <string>
#include <string_view>

namespace containercollector::internal {
namespace {

std::string TextOf(const GrpcStatus& status) {
  return (status.message.empty() ? "no message" : status.message) + " (" +
         GrpcCodeName(status.code) + ")";
}

std::string FaultOf(const GrpcMalformed& malformed) {
  const std::string came = std::to_string(malformed.bytes);
  switch (malformed.fault) {
    case GrpcFault::kNotGrpc:
      return " is not gRPC: " + malformed.detail;
    case GrpcFault::kNoStatus:
      return " ended without a gRPC status after " + came +
             " bytes. The runtime may have been stopped or restarted: try "
             "again, then look at its log.";
    case GrpcFault::kNoMessage:
      return " is not valid gRPC: it has " + came +
             " bytes, and a message begins with 5";
    case GrpcFault::kCompressed:
      return " is compressed, which was not asked for";
    case GrpcFault::kTooShort:
    case GrpcFault::kTooLong:
      break;
  }
  return " is not valid gRPC: it announces " +
         std::to_string(malformed.announced) + " bytes, and has " + came;
}

/// Returns advice on the runtime's own error; empty if there is none.
std::string AdviceOn(const GrpcStatus& status) {
  const auto says = [&](std::string_view part) {
    return status.message.find(part) != std::string::npos;
  };
  if (says("larger than max")) {
    return ". The list is larger than one message of gRPC: narrow it with "
           "all=0 "
           "or with filters on status, id or label, which the runtime applies "
           "itself, or remove dead containers and pods.";
  }
  if (says("not initialized yet")) {
    return ". It is starting: try again in a moment, then look at its log.";
  }
  return {};
}

}  // namespace

Error ToError(const Place& place, const GrpcMalformed& malformed) {
  if (malformed.fault == GrpcFault::kNoStatus)
    return Error(ErrorCode::kResponseTruncated,
                 AnswerOf(place) + FaultOf(malformed));
  return Error(
      ErrorCode::kResponseMalformed,
      AnswerOf(place) + FaultOf(malformed) + CheckWhoListens(place) + ".");
}

Error ToError(const GrpcStatus& status) {
  return Error(ErrorCode::kDaemonError,
               "Error response from container runtime: " + TextOf(status) +
                   AdviceOn(status));
}

Error NotGrpc(const Place& place) {
  return Error(ErrorCode::kResponseMalformed,
               AnswerOf(place) +
                   " is not gRPC but HTTP/1.1. Another service listens there, "
                   "such as a Docker daemon: ask it as the runtime \"docker\", "
                   "or write the endpoint of the container runtime, e.g. "
                   "unix:///run/containerd/containerd.sock.");
}

Error NoCri(const Place& place, const GrpcStatus& status) {
  return Error(
      ErrorCode::kDaemonError,
      "The container runtime at " + place.endpoint.text +
          " offers neither runtime.v1 nor runtime.v1alpha2 of the CRI: " +
          TextOf(status) +
          ". If it is containerd, its CRI plugin is disabled or failed to "
          "load: remove \"cri\" from disabled_plugins in "
          "/etc/containerd/config.toml, look for \"failed to load plugin\" in "
          "containerd's log (journalctl -u containerd), and restart it.");
}

}  // namespace containercollector::internal
