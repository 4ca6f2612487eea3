// SPDX-License-Identifier: Apache-2.0
#include "lib/src/http/failure.h"

#include <sys/stat.h>

#include <cerrno>

#include "lib/src/http/duration_text.h"
#include "lib/src/json/utf8.h"

namespace containercollector::internal {
namespace {

bool IsCri(const Place& place) {
  return place.endpoint.kind == RuntimeKind::kCri;
}

std::string NameAndPlace(const Place& place) {
  return (IsCri(place) ? "container runtime at " : "Docker daemon at ") +
         place.endpoint.text;
}

/// Returns the program to check, inferred from the socket's path.
std::string ProgramAt(const Place& place) {
  if (!IsCri(place)) return "the docker daemon";
  const std::string& path = place.endpoint.socket_path;
  if (path.find("crio") != std::string::npos) return "CRI-O";
  if (path.find("cri-dockerd") != std::string::npos) return "cri-dockerd";
  return "containerd";
}

std::string CannotConnect(const Place& place) {
  return "Cannot connect to the " + NameAndPlace(place);
}

std::string IsItRunning(const Place& place) {
  return CannotConnect(place) + ". Is " + ProgramAt(place) + " running?";
}

std::string NotASocketText(const Place& place) {
  const std::string& path = place.endpoint.socket_path;
  return IsItRunning(place) + " " + path + " is " + NotASocket(path) +
         ", not a socket: write the path of the " +
         (IsCri(place)
              ? "runtime's socket, e.g. unix:///run/containerd/containerd.sock."
              : "daemon's socket, e.g. unix:///var/run/docker.sock.");
}

std::string PermissionDenied(const Place& place) {
  return std::string("Got permission denied while trying to connect to the ") +
         (IsCri(place) ? "container runtime" : "Docker daemon") +
         " socket at " + place.endpoint.text + ": dial unix " +
         place.endpoint.socket_path +
         ": connect: permission denied. Run as root or as a member of the "
         "group that owns the socket." +
         (ProgramAt(place) == "containerd"
              ? " containerd's belongs to root alone, unless gid in the "
                "section [grpc] of /etc/containerd/config.toml is that of a "
                "group."
              : "");
}

std::string NoConnection(const Place& place, const Failure& failure) {
  const std::string advice =
      failure.kind == FailureKind::kResolveTimeout
          ? "The name of its host was not resolved: check the name and the "
            "DNS servers of this machine."
      : !place.endpoint.socket_path.empty()
          ? "It may hang: look at its log."
          : std::string(
                "Check that its machine is up, that no firewall blocks it and "
                "that ") +
                (place.endpoint.tls ? "it speaks TLS there."
                                    : "the port is right.");
  return "No connection to the " + NameAndPlace(place) + " within " +
         DurationText(failure.elapsed) + ". " + advice;
}

std::string ResponseTimeout(const Place& place, const Failure& failure) {
  return "The " + NameAndPlace(place) + " did not finish its answer to " +
         place.request + " within " + DurationText(failure.elapsed) + " (" +
         std::to_string(failure.bytes) +
         " bytes came). It may hang: look at its log, or allow more time.";
}

std::string Truncated(const Place& place, std::size_t bytes) {
  return "The " + NameAndPlace(place) +
         (bytes == 0
              ? " closed the connection without an answer to " + place.request
              : " cut off its answer to " + place.request + " after " +
                    std::to_string(bytes) + " bytes") +
         ". It may have been stopped or restarted: try again, then look at its "
         "log.";
}

std::string Reset(const Place& place, const Failure& failure) {
  return "The " + NameAndPlace(place) + " gave up its answer to " +
         place.request + " after " + std::to_string(failure.bytes) +
         " bytes, without a gRPC status: " + failure.detail +
         ". Try again, then look at its log.";
}

std::string InvalidHttp(const Place& place, const std::string& why) {
  return AnswerOf(place) + " is not valid " +
         (IsCri(place) ? "HTTP/2: " : "HTTP: ") + why;
}

std::string NotHttp(const Place& place, const Failure& failure) {
  const std::string text = InvalidHttp(place, failure.detail);
  if (IsCri(place)) return text + CheckWhoListens(place) + ".";
  if (place.endpoint.socket_path.empty() && !place.endpoint.tls) {
    return text +
           ". Another service listens there, or the daemon speaks TLS: use "
           "https:// or set DOCKER_CERT_PATH.";
  }
  return text +
         ". Another service listens there, such as containerd or another gRPC "
         "server: write the endpoint of the Docker daemon.";
}

std::string BodyTooLarge(const Place& place, const Failure& failure) {
  return AnswerOf(place) + " is larger than the limit of " +
         std::to_string(failure.limit) + " bytes. Narrow it with filters or " +
         (IsCri(place) ? "all=0" : "limit") + ", or allow larger answers.";
}

std::string RequestTo(const Place& place) {
  return "The request " + place.request + " to the " + NameAndPlace(place);
}

}  // namespace

std::string AnswerOf(const Place& place) {
  return "The answer of the " + NameAndPlace(place) + " to " + place.request;
}

std::string CheckWhoListens(const Place& place) {
  return std::string(". Check that it is a ") +
         (IsCri(place) ? "container runtime" : "Docker daemon") +
         " that listens there";
}

std::string NotASocket(const std::string& path) {
  struct stat file{};
  if (stat(path.c_str(), &file) != 0 || S_ISSOCK(file.st_mode)) return {};
  return S_ISDIR(file.st_mode) ? "a directory" : "a file";
}

std::string Shortened(std::string_view text, std::size_t max_bytes) {
  return RepairUtf8(text.substr(0, max_bytes)) +
         (text.size() > max_bytes ? "..." : "");
}

std::string MessageText(std::string_view message) {
  constexpr std::string_view kBlanks = " \t\r\n";
  constexpr std::size_t kMaxBytes = 4096;
  const std::size_t begin = message.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  const std::size_t end = message.find_last_not_of(kBlanks) + 1;
  return Shortened(message.substr(begin, end - begin), kMaxBytes);
}

FailureKind KindOfConnectFailure(int os_error, const Endpoint& endpoint) {
  if (endpoint.socket_path.empty()) return FailureKind::kNotListening;
  if (os_error == EACCES || os_error == EPERM)
    return FailureKind::kPermissionDenied;
  // If the backlog is full, connect() on a Unix socket fails with EAGAIN
  // instead of blocking. libcurl may have replaced that with SO_ERROR, 0.
  if (os_error == EAGAIN || os_error == 0) return FailureKind::kBacklogFull;
  return NotASocket(endpoint.socket_path).empty() ? FailureKind::kNotListening
                                                  : FailureKind::kNotASocket;
}

Error ToError(const Place& place, const Failure& failure) {
  switch (failure.kind) {
    case FailureKind::kNotListening:
      return Error(ErrorCode::kCannotConnect, IsItRunning(place));
    case FailureKind::kNotASocket:
      return Error(ErrorCode::kCannotConnect, NotASocketText(place));
    case FailureKind::kBacklogFull:
      return Error(ErrorCode::kCannotConnect,
                   IsItRunning(place) +
                       " It accepts no connection, and its queue is full: it "
                       "may hang, look at its log.");
    case FailureKind::kUnknownHost:
      return Error(ErrorCode::kCannotConnect,
                   CannotConnect(place) + ": " + failure.detail +
                       ". Check the name of the host.");
    case FailureKind::kPermissionDenied:
      return Error(ErrorCode::kPermissionDenied, PermissionDenied(place));
    case FailureKind::kResolveTimeout:
    case FailureKind::kConnectTimeout:
      return Error(ErrorCode::kTimeout, NoConnection(place, failure));
    case FailureKind::kResponseTimeout:
      return Error(ErrorCode::kTimeout, ResponseTimeout(place, failure));
    case FailureKind::kTruncated:
      return Error(ErrorCode::kResponseTruncated,
                   Truncated(place, failure.bytes));
    case FailureKind::kStreamReset:
      return Error(ErrorCode::kResponseTruncated, Reset(place, failure));
    case FailureKind::kInvalidHttp:
      return Error(
          ErrorCode::kResponseMalformed,
          InvalidHttp(place, failure.detail) + CheckWhoListens(place) + ".");
    case FailureKind::kNotHttp:
      return Error(ErrorCode::kResponseMalformed, NotHttp(place, failure));
    case FailureKind::kHeadersTooLarge:
      return Error(
          ErrorCode::kResponseMalformed,
          InvalidHttp(place, "its headers are larger than the limit of " +
                                 std::to_string(failure.limit) + " bytes") +
              CheckWhoListens(place) + ".");
    case FailureKind::kBodyTooLarge:
      return Error(ErrorCode::kResponseTooLarge, BodyTooLarge(place, failure));
    case FailureKind::kTls:
      return Error(ErrorCode::kTlsFailed,
                   "No TLS connection with the " + NameAndPlace(place) + ": " +
                       failure.detail +
                       ". Check the TLS files, and whether the daemon speaks "
                       "TLS there.");
    case FailureKind::kCancelled:
      return Error(ErrorCode::kCancelled,
                   RequestTo(place) + " was cancelled by its caller.");
    case FailureKind::kInternal:
      break;
  }
  return Error(ErrorCode::kInternal,
               RequestTo(place) + " failed: " + failure.detail +
                   ". This is not the " +
                   (IsCri(place) ? "runtime's" : "daemon's") +
                   " fault: look at the memory and the files of this process.");
}

Error Malformed(const Place& place, const Error& why) {
  return Error(why.code(), AnswerOf(place) + " is malformed: " + why.what() +
                               CheckWhoListens(place) +
                               (IsCri(place) ? "." : ", and look at its log."));
}

}  // namespace containercollector::internal
