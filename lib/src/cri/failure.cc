// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/failure.h"

#include <chrono>

#include "lib/src/http/duration_text.h"

namespace containercollector::internal::cri {
namespace {

std::string Runtime(const CallPlace& place) {
  return "container runtime at " + place.endpoint.text;
}

std::string ResponseOf(const CallPlace& place) {
  return "The answer of the " + Runtime(place) + " to " + place.request;
}

constexpr const char* kExampleEndpoint =
    ", e.g. unix:///run/containerd/containerd.sock.";

constexpr const char* kCheckWhoListens =
    ". Check that it is a container runtime that listens there.";

/// Returns the program to look for, as the path of the socket tells.
std::string ProgramAt(const Endpoint& endpoint) {
  const std::string& path = endpoint.socket_path;
  if (path.find("crio") != std::string::npos) return "CRI-O";
  if (path.find("cri-dockerd") != std::string::npos) return "cri-dockerd";
  return "containerd";
}

std::string CannotConnect(const CallPlace& place) {
  return "Cannot connect to the " + Runtime(place) + ". Is " +
         ProgramAt(place.endpoint) + " running?";
}

std::string NotASocketText(const CallPlace& place) {
  const std::string& path = place.endpoint.socket_path;
  return CannotConnect(place) + " " + path + " is " + NotASocket(path) +
         ", not a socket: write the path of the runtime's socket" +
         kExampleEndpoint;
}

std::string PermissionDenied(const CallPlace& place) {
  const std::string advice =
      ProgramAt(place.endpoint) == "containerd"
          ? " containerd's belongs to root alone, unless gid in the section "
            "[grpc] of /etc/containerd/config.toml is that of a group."
          : "";
  return "Got permission denied while trying to connect to the container "
         "runtime socket at " +
         place.endpoint.text + ": dial unix " + place.endpoint.socket_path +
         ": connect: permission denied. Run as root or as a member of the "
         "group that owns the socket." +
         advice;
}

std::string ConnectTimeout(const CallPlace& place, const Failure& failure) {
  return "No connection to the " + Runtime(place) + " within " +
         DurationText(failure.elapsed) + ". It may hang: look at its log.";
}

std::string ResponseTimeout(const CallPlace& place, const Failure& failure) {
  return "The " + Runtime(place) + " did not finish its answer to " +
         place.request + " within " + DurationText(failure.elapsed) + " (" +
         std::to_string(failure.bytes) +
         " bytes came). It may hang: look at its log, or allow more time.";
}

std::string Truncated(const CallPlace& place, std::size_t bytes) {
  const std::string how =
      bytes == 0 ? "closed the connection without an answer to " + place.request
                 : "cut off its answer to " + place.request + " after " +
                       std::to_string(bytes) + " bytes";
  return "The " + Runtime(place) + " " + how +
         ". It may have been stopped or restarted: try again, then look at its "
         "log.";
}

std::string Reset(const CallPlace& place, const Failure& failure) {
  return "The " + Runtime(place) + " gave up its answer to " + place.request +
         " after " + std::to_string(failure.bytes) +
         " bytes, without a gRPC status: " + failure.detail +
         ". Try again, then look at its log.";
}

std::string HeadersTooLarge(const CallPlace& place, const Failure& failure) {
  return ResponseOf(place) +
         " is not valid HTTP/2: its headers are larger than the limit of " +
         std::to_string(failure.limit) + " bytes" + kCheckWhoListens;
}

std::string BodyTooLarge(const CallPlace& place, const Failure& failure) {
  return ResponseOf(place) + " is larger than the limit of " +
         std::to_string(failure.limit) +
         " bytes, for which all answers about single containers count "
         "together. Allow larger answers.";
}

std::string Internal(const CallPlace& place, const Failure& failure) {
  return "The request " + place.request + " to the " + Runtime(place) +
         " failed: " + failure.detail +
         ". This is not the runtime's fault: look at the memory and the files "
         "of this process.";
}

}  // namespace

Error ToError(const CallPlace& place, const Failure& failure) {
  switch (failure.kind) {
    case FailureKind::kNotListening:
    case FailureKind::kUnknownHost:
      return Error(ErrorCode::kCannotConnect, CannotConnect(place));
    case FailureKind::kNotASocket:
      return Error(ErrorCode::kCannotConnect, NotASocketText(place));
    case FailureKind::kBacklogFull:
      return Error(ErrorCode::kCannotConnect,
                   CannotConnect(place) +
                       " It accepts no connection, and its queue is full: it "
                       "may hang, look at its log.");
    case FailureKind::kPermissionDenied:
      return Error(ErrorCode::kPermissionDenied, PermissionDenied(place));
    case FailureKind::kResolveTimeout:
    case FailureKind::kConnectTimeout:
      return Error(ErrorCode::kTimeout, ConnectTimeout(place, failure));
    case FailureKind::kResponseTimeout:
      return Error(ErrorCode::kTimeout, ResponseTimeout(place, failure));
    case FailureKind::kStreamReset:
      return Error(ErrorCode::kResponseTruncated, Reset(place, failure));
    case FailureKind::kTruncated:
      return Error(ErrorCode::kResponseTruncated,
                   Truncated(place, failure.bytes));
    case FailureKind::kInvalidHttp:
    case FailureKind::kNotHttp:
    case FailureKind::kTls:
      return Error(ErrorCode::kResponseMalformed,
                   ResponseOf(place) + " is not valid HTTP/2: " +
                       failure.detail + kCheckWhoListens);
    case FailureKind::kHeadersTooLarge:
      return Error(ErrorCode::kResponseMalformed,
                   HeadersTooLarge(place, failure));
    case FailureKind::kBodyTooLarge:
      return Error(ErrorCode::kResponseTooLarge, BodyTooLarge(place, failure));
    case FailureKind::kCancelled:
      return Error(ErrorCode::kCancelled, "The request " + place.request +
                                              " to the " + Runtime(place) +
                                              " was cancelled by its caller.");
    case FailureKind::kInternal:
      break;
  }
  return Error(ErrorCode::kInternal, Internal(place, failure));
}

Error ToError(const CallPlace& place, const GrpcMalformed& malformed) {
  const auto error = [&](const std::string& what) {
    return Error(ErrorCode::kResponseMalformed,
                 ResponseOf(place) + " " + what + kCheckWhoListens);
  };
  const std::string came = std::to_string(malformed.bytes);
  const std::string announced = std::to_string(malformed.announced);
  switch (malformed.fault) {
    case GrpcFault::kNotGrpc:
      return error("is not gRPC: " + malformed.detail);
    case GrpcFault::kNoStatus:
      return Error(ErrorCode::kResponseTruncated,
                   ResponseOf(place) + " ended without a gRPC status after " +
                       came +
                       " bytes. The runtime may have been stopped or "
                       "restarted: try again, then look at its log.");
    case GrpcFault::kNoMessage:
      return error("is not valid gRPC: it has " + came +
                   " bytes, and a message begins with 5");
    case GrpcFault::kCompressed:
      return error("is compressed, which was not asked for");
    case GrpcFault::kTooShort:
    case GrpcFault::kTooLong:
      break;
  }
  return error("is not valid gRPC: it announces " + announced +
               " bytes, and has " + came);
}

Error ToError(const CallPlace& place, const MessageError& error) {
  return Error(error.code(), ResponseOf(place) + " is malformed: " +
                                 error.what() + kCheckWhoListens);
}

Error ToError(const GrpcStatus& status) {
  return Error(ErrorCode::kDaemonError,
               "Error response from container runtime: " +
                   (status.message.empty() ? "no message" : status.message) +
                   " (" + GrpcCodeName(status.code) + ")");
}

Error NotGrpc(const CallPlace& place) {
  return Error(ErrorCode::kResponseMalformed,
               ResponseOf(place) +
                   " is not gRPC but HTTP/1.1. Another service listens there, "
                   "such as a Docker daemon: ask it with --runtime docker, or "
                   "write the endpoint of the container runtime" +
                   kExampleEndpoint);
}

Error NoCri(const CallPlace& place, const GrpcStatus& status) {
  return Error(ErrorCode::kDaemonError,
               "The " + Runtime(place) +
                   " offers neither runtime.v1 nor runtime.v1alpha2 of the "
                   "CRI: " +
                   (status.message.empty() ? "no message" : status.message) +
                   " (" + GrpcCodeName(status.code) +
                   "). If it is containerd, remove \"cri\" from "
                   "disabled_plugins in /etc/containerd/config.toml, and "
                   "restart it.");
}

}  // namespace containercollector::internal::cri
