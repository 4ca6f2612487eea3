// SPDX-License-Identifier: Apache-2.0
#include "lib/src/failure.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "lib/src/text.h"

namespace containercollector::internal {
namespace {

struct Text {
  FailureKind kind;
  ErrorCode code;
  std::string_view text;
};

/// ValueOf() returns the value of each {name}. {a|b} is "a" for Docker and "b"
/// for the CRI.
constexpr Text kTexts[] = {
    {FailureKind::kNotListening, ErrorCode::kCannotConnect,
     "Cannot connect to the {runtime}. Is {program} running?"},
    {FailureKind::kNotASocket, ErrorCode::kCannotConnect,
     "Cannot connect to the {runtime}. Is {program} running? {path} is {file}, "
     "not a socket: write the path of the {daemon's|runtime's} socket, e.g. "
     "{unix:///var/run/docker.sock|unix:///run/containerd/containerd.sock}."},
    {FailureKind::kBacklogFull, ErrorCode::kCannotConnect,
     "Cannot connect to the {runtime}. Is {program} running? It accepts no "
     "connection, and its queue is full: it may hang, look at its log."},
    {FailureKind::kUnknownHost, ErrorCode::kCannotConnect,
     "Cannot connect to the {runtime}: {detail}. Check the name of the host."},
    {FailureKind::kPermissionDenied, ErrorCode::kPermissionDenied,
     "Got permission denied while trying to connect to the "
     "{Docker daemon|container runtime} socket at {endpoint}: dial unix "
     "{path}: "
     "connect: permission denied. Run as root or as a member of the group that "
     "owns the socket.{advice}"},
    {FailureKind::kTls, ErrorCode::kTlsFailed,
     "No TLS connection with the {runtime}: {detail}. Check the TLS files, and "
     "whether the daemon speaks TLS there."},
    {FailureKind::kResolveTimeout, ErrorCode::kTimeout,
     "No connection to the {runtime} within {elapsed}. The name of its host "
     "was not resolved: check the name and the DNS servers of this machine."},
    {FailureKind::kConnectTimeout, ErrorCode::kTimeout,
     "No connection to the {runtime} within {elapsed}. {advice}."},
    {FailureKind::kResponseTimeout, ErrorCode::kTimeout,
     "The {runtime} did not finish its answer to {request} within {elapsed} "
     "({bytes} bytes came). It may hang: look at its log, or allow more time."},
    {FailureKind::kClosed, ErrorCode::kResponseTruncated,
     "The {runtime} closed the connection without an answer to {request}. It "
     "may have been stopped or restarted: try again, then look at its log."},
    {FailureKind::kTruncated, ErrorCode::kResponseTruncated,
     "The {runtime} cut off its answer to {request} after {bytes} bytes. It "
     "may have been stopped or restarted: try again, then look at its log."},
    {FailureKind::kStreamReset, ErrorCode::kResponseTruncated,
     "The {runtime} gave up its answer to {request} after {bytes} bytes, "
     "without a gRPC status: {detail}. Try again, then look at its log."},
    {FailureKind::kInvalidHttp, ErrorCode::kResponseMalformed,
     "{answer} is not valid {HTTP|HTTP/2}: {detail}{check}."},
    {FailureKind::kNotHttp, ErrorCode::kResponseMalformed,
     "{answer} is not valid {HTTP|HTTP/2}: {detail}{advice}."},
    {FailureKind::kHeadersTooLarge, ErrorCode::kResponseMalformed,
     "{answer} is not valid {HTTP|HTTP/2}: its headers are larger than the "
     "limit of {limit} bytes{check}."},
    {FailureKind::kBodyTooLarge, ErrorCode::kResponseTooLarge,
     "{answer} is larger than the limit of {limit} bytes. Narrow it with "
     "filters or {limit|all=0}, or allow larger answers."},
    {FailureKind::kCancelled, ErrorCode::kCancelled,
     "The request {request} to the {runtime} was cancelled by its caller."},
    {FailureKind::kInternal, ErrorCode::kInternal,
     "The request {request} to the {runtime} failed: {detail}. This is not the "
     "{daemon's|runtime's} fault: look at the memory and the files of this "
     "process."},
    {FailureKind::kMalformed, ErrorCode::kResponseMalformed,
     "{answer} is {detail}{check}{, and look at its log|}."},
    {FailureKind::kNoApiVersion, ErrorCode::kResponseMalformed,
     "The {runtime} rejects API version {detail} and does not say which it "
     "takes. Set one, e.g. DOCKER_API_VERSION=1.44."},
    {FailureKind::kGrpcStatus, ErrorCode::kDaemonError,
     "Error response from container runtime: {detail}{advice}"},
    {FailureKind::kNoGrpcStatus, ErrorCode::kResponseTruncated,
     "{answer} ended without a gRPC status after {bytes} bytes. The runtime "
     "may have been stopped or restarted: try again, then look at its log."},
    {FailureKind::kNotGrpc, ErrorCode::kResponseMalformed,
     "{answer} is not gRPC but HTTP/1.1. Another service listens there, such "
     "as a Docker daemon: ask it as the runtime \"docker\", or write the "
     "endpoint of the container runtime, e.g. "
     "unix:///run/containerd/containerd.sock."},
    {FailureKind::kNoCri, ErrorCode::kDaemonError,
     "The {runtime} offers neither runtime.v1 nor runtime.v1alpha2 of the CRI: "
     "{detail}. If it is containerd, its CRI plugin is disabled or failed to "
     "load: remove \"cri\" from disabled_plugins in "
     "/etc/containerd/config.toml, look for \"failed to load plugin\" in "
     "containerd's log (journalctl -u containerd), and restart it."},
    {FailureKind::kContradiction, ErrorCode::kDaemonError,
     "The {runtime} lists {detail} and says that it does not exist. Look at "
     "its log, or restart it."},
};

/// Returns the program to check, inferred from the socket's path.
std::string_view ProgramAt(const Endpoint& endpoint) {
  if (endpoint.kind != RuntimeKind::kCri) return "the docker daemon";
  const std::string& path = endpoint.socket_path;
  if (path.find("crio") != std::string::npos) return "CRI-O";
  if (path.find("cri-dockerd") != std::string::npos) return "cri-dockerd";
  return "containerd";
}

/// Returns what is at a path that should be a socket: "a directory" or "a
/// file"; empty if it is a socket or cannot be examined.
std::string_view FileAt(const std::string& path) {
  struct stat file{};
  if (stat(path.c_str(), &file) != 0 || S_ISSOCK(file.st_mode)) return {};
  return S_ISDIR(file.st_mode) ? "a directory" : "a file";
}

/// Returns "25s", or "1500ms" if the seconds are not whole.
std::string DurationText(std::chrono::nanoseconds duration) {
  const auto milliseconds =
      std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return milliseconds % 1000 == 0 ? std::to_string(milliseconds / 1000) + "s"
                                  : std::to_string(milliseconds) + "ms";
}

/// Returns advice for this endpoint or detail; empty if there is none.
std::string AdviceOn(const Endpoint& endpoint, const Failure& failure) {
  const bool is_tcp = endpoint.socket_path.empty();
  const auto says = [&](std::string_view part) {
    return failure.detail.find(part) != std::string::npos;
  };
  switch (failure.kind) {
    case FailureKind::kPermissionDenied:
      if (ProgramAt(endpoint) != "containerd") return {};
      return " containerd's belongs to root alone, unless gid in the section "
             "[grpc] of /etc/containerd/config.toml is that of a group.";
    case FailureKind::kConnectTimeout:
      if (!is_tcp) return "It may hang: look at its log";
      return std::string(
                 "Check that its machine is up, that no firewall blocks it and "
                 "that ") +
             (endpoint.tls ? "it speaks TLS there" : "the port is right");
    case FailureKind::kNotHttp:
      if (endpoint.kind == RuntimeKind::kCri)
        return CheckWhoListens(endpoint.kind);
      if (is_tcp && !endpoint.tls) {
        return ". Another service listens there, or the daemon speaks TLS: use "
               "https:// or set DOCKER_CERT_PATH";
      }
      return ". Another service listens there, such as containerd or another "
             "gRPC server: write the endpoint of the Docker daemon";
    case FailureKind::kGrpcStatus:
      if (says("larger than max")) {
        return ". The list is larger than one message of gRPC: narrow it with "
               "all=0 or with filters on status, id or label, which the "
               "runtime applies itself, or remove dead containers and pods.";
      }
      if (says("not initialized yet"))
        return ". It is starting: try again in a moment, then look at its log.";
      return {};
    default:
      return {};
  }
}

std::string NameOf(RuntimeKind kind) {
  return kind == RuntimeKind::kCri ? "container runtime" : "Docker daemon";
}

/// Returns the value of what is in braces in a text.
std::string ValueOf(std::string_view name, const Place& place,
                    const Failure& failure) {
  const Endpoint& endpoint = place.endpoint;
  std::string runtime = NameOf(endpoint.kind) + " at " + endpoint.text;
  if (name == "runtime") return runtime;
  if (name == "answer")
    return "The answer of the " + runtime + " to " + place.request;
  if (name == "request") return place.request;
  if (name == "endpoint") return endpoint.text;
  if (name == "path") return endpoint.socket_path;
  if (name == "file") return std::string(FileAt(endpoint.socket_path));
  if (name == "program") return std::string(ProgramAt(endpoint));
  if (name == "detail") return failure.detail;
  if (name == "advice") return AdviceOn(endpoint, failure);
  if (name == "check") return CheckWhoListens(endpoint.kind);
  if (name == "bytes") return std::to_string(failure.bytes);
  if (name == "limit") return std::to_string(failure.limit);
  if (name == "elapsed") return DurationText(failure.elapsed);
  const std::size_t bar = name.find('|');
  return std::string(endpoint.kind == RuntimeKind::kCri ? name.substr(bar + 1)
                                                        : name.substr(0, bar));
}

}  // namespace

Error ToError(const Place& place, const Failure& failure) {
  const Text& found = *std::find_if(
      std::begin(kTexts), std::end(kTexts),
      [&](const Text& text) { return text.kind == failure.kind; });
  std::string result;
  std::string_view rest = found.text;
  while (!rest.empty()) {
    const std::size_t open = rest.find('{');
    const std::size_t close = rest.find('}');
    result += rest.substr(0, open);
    if (open == std::string_view::npos) break;
    result += ValueOf(rest.substr(open + 1, close - open - 1), place, failure);
    rest.remove_prefix(close + 1);
  }
  return Error(found.code, result);
}

void Throw(const Place& place, const Failure& failure) {
  if (failure.kind != FailureKind::kBacklogFull) throw ToError(place, failure);
  const Error error = ToError(place, failure);
  throw FullQueueError(error.code(), error.what());
}

std::string CheckWhoListens(RuntimeKind kind) {
  return ". Check that it is a " + NameOf(kind) + " that listens there";
}

FailureKind KindOfConnectFailure(int os_error, const Endpoint& endpoint) {
  if (endpoint.socket_path.empty()) return FailureKind::kNotListening;
  if (os_error == EACCES || os_error == EPERM)
    return FailureKind::kPermissionDenied;
  // If the backlog is full, connect() on a Unix socket fails with EAGAIN
  // instead of blocking. libcurl may have replaced that with SO_ERROR, 0.
  if (os_error == EAGAIN || os_error == 0) return FailureKind::kBacklogFull;
  return FileAt(endpoint.socket_path).empty() ? FailureKind::kNotListening
                                              : FailureKind::kNotASocket;
}

std::string_view Trimmed(std::string_view text, std::string_view blanks) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

std::string Shortened(std::string_view text, std::size_t max_bytes) {
  return RepairUtf8(text.substr(0, max_bytes)) +
         (text.size() > max_bytes ? "..." : "");
}

std::string MessageText(std::string_view message) {
  constexpr std::size_t kMaxBytes = 4096;
  return Shortened(Trimmed(message), kMaxBytes);
}

}  // namespace containercollector::internal
