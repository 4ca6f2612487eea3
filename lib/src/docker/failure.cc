// SPDX-License-Identifier: Apache-2.0
#include "lib/src/docker/failure.h"

#include "lib/src/http/duration_text.h"
#include "lib/src/json/decoder.h"
#include "lib/src/json/fields.h"

namespace containercollector::internal {
namespace {

std::string CannotConnect(const Failure& failure) {
  return "Cannot connect to the Docker daemon at " + failure.endpoint.text;
}

std::string IsItRunning(const Failure& failure) {
  return CannotConnect(failure) + ". Is the docker daemon running?";
}

std::string NotASocketThere(const Failure& failure) {
  return IsItRunning(failure) + " " + failure.endpoint.socket_path + " is " +
         NotASocket(failure.endpoint.socket_path) +
         ", not a socket: write the path of the daemon's socket, e.g. "
         "unix:///var/run/docker.sock.";
}

std::string PermissionDenied(const Failure& failure) {
  return "Got permission denied while trying to connect to the Docker daemon "
         "socket at " +
         failure.endpoint.text + ": dial unix " + failure.endpoint.socket_path +
         ": connect: permission denied. Run as root or as a member of the "
         "group "
         "that owns the socket.";
}

std::string NoConnection(const Failure& failure) {
  return "No connection to the Docker daemon at " + failure.endpoint.text +
         " within " + DurationText(failure.elapsed);
}

std::string ResolveTimeout(const Failure& failure) {
  return NoConnection(failure) +
         ". The name of its host was not resolved: check the name and the DNS "
         "servers of this machine.";
}

std::string ConnectTimeout(const Failure& failure) {
  return NoConnection(failure) +
         ". Check that its machine is up, that no firewall is between" +
         (failure.endpoint.tls ? " and that it speaks TLS there."
                               : " and that the port is right.");
}

std::string ResponseTimeout(const Failure& failure) {
  return "The Docker daemon at " + failure.endpoint.text +
         " did not finish its answer to " + failure.request + " within " +
         DurationText(failure.elapsed) + " (" + std::to_string(failure.bytes) +
         " bytes came). It may hang: look at its log, or allow more time.";
}

std::string Truncated(const Failure& failure) {
  const std::string how =
      failure.bytes == 0
          ? "closed the connection without an answer to " + failure.request
          : "cut off its answer to " + failure.request + " after " +
                std::to_string(failure.bytes) + " bytes";
  return "The Docker daemon at " + failure.endpoint.text + " " + how +
         ". It may have been stopped or restarted: try again, then look at its "
         "log.";
}

std::string ResponseOf(const Failure& failure) {
  return "The answer of the Docker daemon at " + failure.endpoint.text +
         " to " + failure.request;
}

std::string InvalidHttp(const Failure& failure, const std::string& why) {
  return ResponseOf(failure) + " is not valid HTTP: " + why +
         ". Check that it is a Docker daemon that listens there.";
}

std::string NotHttp(const Failure& failure) {
  return ResponseOf(failure) + " is not valid HTTP: " + failure.detail +
         ". Another service listens there, such as containerd or another gRPC "
         "server: write the endpoint of the Docker daemon.";
}

std::string BodyTooLarge(const Failure& failure) {
  return ResponseOf(failure) + " is larger than the limit of " +
         std::to_string(failure.limit) +
         " bytes. Narrow it with filters or limit, or allow larger answers.";
}

std::string Cancelled(const Failure& failure) {
  return "The request " + failure.request + " to the Docker daemon at " +
         failure.endpoint.text + " was cancelled by its caller.";
}

std::string TlsFailed(const Failure& failure) {
  return "No TLS connection with the Docker daemon at " +
         failure.endpoint.text + ": " + failure.detail +
         ". Check the TLS files, and whether the daemon speaks TLS there.";
}

std::string Internal(const Failure& failure) {
  return "The request " + failure.request + " to the Docker daemon at " +
         failure.endpoint.text + " failed: " + failure.detail +
         ". This is not the daemon's fault: look at the memory and the files "
         "of this process.";
}

}  // namespace

Error ToError(const Failure& failure) {
  switch (failure.kind) {
    case FailureKind::kNotListening:
      return Error(ErrorCode::kCannotConnect, IsItRunning(failure));
    case FailureKind::kNotASocket:
      return Error(ErrorCode::kCannotConnect, NotASocketThere(failure));
    case FailureKind::kBacklogFull:
      return Error(ErrorCode::kCannotConnect,
                   IsItRunning(failure) +
                       " It accepts no connection, and its queue is full: it "
                       "may hang, look at its log.");
    case FailureKind::kUnknownHost:
      return Error(ErrorCode::kCannotConnect,
                   CannotConnect(failure) + ": " + failure.detail +
                       ". Check the name of the host.");
    case FailureKind::kPermissionDenied:
      return Error(ErrorCode::kPermissionDenied, PermissionDenied(failure));
    case FailureKind::kResolveTimeout:
      return Error(ErrorCode::kTimeout, ResolveTimeout(failure));
    case FailureKind::kConnectTimeout:
      return Error(ErrorCode::kTimeout, ConnectTimeout(failure));
    case FailureKind::kResponseTimeout:
      return Error(ErrorCode::kTimeout, ResponseTimeout(failure));
    case FailureKind::kTruncated:
    case FailureKind::kStreamReset:
      return Error(ErrorCode::kResponseTruncated, Truncated(failure));
    case FailureKind::kInvalidHttp:
      return Error(ErrorCode::kResponseMalformed,
                   InvalidHttp(failure, failure.detail));
    case FailureKind::kNotHttp:
      return Error(ErrorCode::kResponseMalformed, NotHttp(failure));
    case FailureKind::kHeadersTooLarge:
      return Error(
          ErrorCode::kResponseMalformed,
          InvalidHttp(failure, "its headers are larger than the limit of " +
                                   std::to_string(failure.limit) + " bytes"));
    case FailureKind::kBodyTooLarge:
      return Error(ErrorCode::kResponseTooLarge, BodyTooLarge(failure));
    case FailureKind::kTls:
      return Error(ErrorCode::kTlsFailed, TlsFailed(failure));
    case FailureKind::kCancelled:
      return Error(ErrorCode::kCancelled, Cancelled(failure));
    case FailureKind::kInternal:
      break;
  }
  return Error(ErrorCode::kInternal, Internal(failure));
}

Error ToError(const HttpResponse& response) {
  std::string message = DaemonMessage(response);
  if (message.empty()) {
    message = "status " + std::to_string(response.status) +
              " without a message. Look at the daemon's log.";
  }
  // A rejected API version is this client's mistake, not its caller's.
  const bool rejected =
      response.status == 400 && !ParseApiVersionRejection(message);
  const ErrorCode code =
      rejected ? ErrorCode::kRequestRejected : ErrorCode::kDaemonError;
  return Error(code, "Error response from daemon: " + message, response.status);
}

Error MalformedJson(const Endpoint& endpoint, std::string_view path,
                    const Error& why) {
  return Error(why.code(), "The answer of the Docker daemon at " +
                               endpoint.text + " to GET " + std::string(path) +
                               " is malformed: " + why.what() +
                               ". Check that it is a Docker daemon that "
                               "listens there, and look at its log.");
}

Error NoApiVersion(const Endpoint& endpoint, ApiVersion version) {
  return Error(ErrorCode::kResponseMalformed,
               "The Docker daemon at " + endpoint.text +
                   " rejects API version " + ToString(version) +
                   " and does not say which it takes. Set one, e.g. "
                   "DOCKER_API_VERSION=1.44.");
}

std::string DaemonMessage(const HttpResponse& response) {
  std::string message;
  try {
    message = DecodeJson<ErrorResponse>(response.body).message;
  } catch (const Error&) {
    // Daemons before API version 1.24, and proxies, send plain text.
  }
  return MessageText(message.empty() ? response.body : message);
}

}  // namespace containercollector::internal
