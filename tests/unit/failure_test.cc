// SPDX-License-Identifier: Apache-2.0
#include "lib/src/failure.h"

#include <cerrno>
#include <chrono>
#include <string>

#include "tests/support/catch.h"

using namespace containercollector;
using namespace containercollector::internal;

namespace {

using Kind = FailureKind;
using Code = ErrorCode;

constexpr const char* kSame = nullptr;
constexpr const char* kNone = "";

/// The texts for Docker and for the CRI, in which @R stands for the runtime and
/// @Q for the request.
struct Case {
  FailureKind kind;
  ErrorCode code;
  const char* docker;
  const char* cri = kSame;
  const char* endpoint = "unix:///s";
  const char* detail = "why";
};

constexpr Case kCases[] = {
    {Kind::kNotListening, Code::kCannotConnect,
     "Cannot connect to the @R. Is the docker daemon running?",
     "Cannot connect to the @R. Is containerd running?"},
    {Kind::kBacklogFull, Code::kCannotConnect,
     "Cannot connect to the @R. Is the docker daemon running? It accepts no "
     "connection, and its queue is full: it may hang, look at its log.",
     "Cannot connect to the @R. Is containerd running? It accepts no "
     "connection, and its queue is full: it may hang, look at its log."},
    {Kind::kUnknownHost, Code::kCannotConnect,
     "Cannot connect to the @R: why. Check the name of the host."},
    {Kind::kPermissionDenied, Code::kPermissionDenied,
     "Got permission denied while trying to connect to the Docker daemon "
     "socket at unix:///s: dial unix /s: connect: permission denied. Run as "
     "root or as a member of the group that owns the socket.",
     "Got permission denied while trying to connect to the container runtime "
     "socket at unix:///s: dial unix /s: connect: permission denied. Run as "
     "root or as a member of the group that owns the socket. containerd's "
     "belongs to root alone, unless gid in the section [grpc] of "
     "/etc/containerd/config.toml is that of a group."},
    {Kind::kTls, Code::kTlsFailed,
     "No TLS connection with the @R: why. Check the TLS files, and whether the "
     "daemon speaks TLS there."},
    {Kind::kConnectTimeout, Code::kTimeout,
     "No connection to the @R within 25s. It may hang: look at its log."},
    {Kind::kResponseTimeout, Code::kTimeout,
     "The @R did not finish its answer to @Q within 25s (7 bytes came). It may "
     "hang: look at its log, or allow more time."},
    {Kind::kClosed, Code::kResponseTruncated,
     "The @R closed the connection without an answer to @Q. It may have been "
     "stopped or restarted: try again, then look at its log."},
    {Kind::kTruncated, Code::kResponseTruncated,
     "The @R cut off its answer to @Q after 7 bytes. It may have been stopped "
     "or restarted: try again, then look at its log."},
    {Kind::kStreamReset, Code::kResponseTruncated,
     "The @R gave up its answer to @Q after 7 bytes, without a gRPC status: "
     "why. Try again, then look at its log."},
    {Kind::kInvalidHttp, Code::kResponseMalformed,
     "The answer of the @R to @Q is not valid HTTP: why. Check that it is a "
     "Docker daemon that listens there.",
     "The answer of the @R to @Q is not valid HTTP/2: why. Check that it is a "
     "container runtime that listens there."},
    {Kind::kNotHttp, Code::kResponseMalformed,
     "The answer of the @R to @Q is not valid HTTP: why. Another service "
     "listens there, such as containerd or another gRPC server: write the "
     "endpoint of the Docker daemon.",
     "The answer of the @R to @Q is not valid HTTP/2: why. Check that it is a "
     "container runtime that listens there."},
    {Kind::kHeadersTooLarge, Code::kResponseMalformed,
     "The answer of the @R to @Q is not valid HTTP: its headers are larger "
     "than the limit of 1000 bytes. Check that it is a Docker daemon that "
     "listens there.",
     "The answer of the @R to @Q is not valid HTTP/2: its headers are larger "
     "than the limit of 1000 bytes. Check that it is a container runtime that "
     "listens there."},
    {Kind::kBodyTooLarge, Code::kResponseTooLarge,
     "The answer of the @R to @Q is larger than the limit of 1000 bytes. "
     "Narrow it with filters or limit, or allow larger answers.",
     "The answer of the @R to @Q is larger than the limit of 1000 bytes. "
     "Narrow it with filters or all=0, or allow larger answers."},
    {Kind::kCancelled, Code::kCancelled,
     "The request @Q to the @R was cancelled by its caller."},
    {Kind::kInternal, Code::kInternal,
     "The request @Q to the @R failed: why. This is not the daemon's fault: "
     "look at the memory and the files of this process.",
     "The request @Q to the @R failed: why. This is not the runtime's fault: "
     "look at the memory and the files of this process."},
    {Kind::kMalformed, Code::kResponseMalformed,
     "The answer of the @R to @Q is why. Check that it is a Docker daemon that "
     "listens there, and look at its log.",
     "The answer of the @R to @Q is why. Check that it is a container runtime "
     "that listens there."},
    {Kind::kNoApiVersion, Code::kResponseMalformed,
     "The @R rejects API version why and does not say which it takes. Set one, "
     "e.g. DOCKER_API_VERSION=1.44."},
    {Kind::kGrpcStatus, Code::kDaemonError,
     "Error response from container runtime: why"},
    {Kind::kNoGrpcStatus, Code::kResponseTruncated,
     "The answer of the @R to @Q ended without a gRPC status after 7 bytes. "
     "The runtime may have been stopped or restarted: try again, then look at "
     "its log."},
    {Kind::kNotGrpc, Code::kResponseMalformed,
     "The answer of the @R to @Q is not gRPC but HTTP/1.1. Another service "
     "listens there, such as a Docker daemon: ask it as the runtime "
     "\"docker\", or write the endpoint of the container runtime, e.g. "
     "unix:///run/containerd/containerd.sock."},
    {Kind::kNoCri, Code::kDaemonError,
     "The @R offers neither runtime.v1 nor runtime.v1alpha2 of the CRI: why. "
     "If it is containerd, its CRI plugin is disabled or failed to load: "
     "remove \"cri\" from disabled_plugins in /etc/containerd/config.toml, "
     "look for \"failed to load plugin\" in containerd's log (journalctl -u "
     "containerd), and restart it."},
    {Kind::kContradiction, Code::kDaemonError,
     "The @R lists why and says that it does not exist. Look at its log, or "
     "restart it."},
    // OpenSSL responds to plain HTTP with an alert.
    {Kind::kNotHttp, Code::kResponseMalformed,
     "The answer of the @R to @Q is not valid HTTP: why. Another service "
     "listens there, or the daemon speaks TLS: use https:// or set "
     "DOCKER_CERT_PATH.",
     kNone, "tcp://node"},
    {Kind::kConnectTimeout, Code::kTimeout,
     "No connection to the @R within 25s. Check that its machine is up, that "
     "no firewall blocks it and that the port is right.",
     kNone, "tcp://node"},
    {Kind::kConnectTimeout, Code::kTimeout,
     "No connection to the @R within 25s. Check that its machine is up, that "
     "no firewall blocks it and that it speaks TLS there.",
     kNone, "https://node"},
    {Kind::kResolveTimeout, Code::kTimeout,
     "No connection to the @R within 25s. The name of its host was not "
     "resolved: check the name and the DNS servers of this machine.",
     kNone, "tcp://node"},
    {Kind::kNotListening, Code::kCannotConnect, kNone,
     "Cannot connect to the @R. Is CRI-O running?",
     "unix:///run/crio/crio.sock"},
    {Kind::kNotListening, Code::kCannotConnect, kNone,
     "Cannot connect to the @R. Is cri-dockerd running?",
     "unix:///run/cri-dockerd.sock"},
    {Kind::kPermissionDenied, Code::kPermissionDenied, kNone,
     "Got permission denied while trying to connect to the container runtime "
     "socket at unix:///crio: dial unix /crio: connect: permission denied. Run "
     "as root or as a member of the group that owns the socket.",
     "unix:///crio"},
    {Kind::kNotASocket, Code::kCannotConnect,
     "Cannot connect to the @R. Is the docker daemon running? / is a "
     "directory, not a socket: write the path of the daemon's socket, e.g. "
     "unix:///var/run/docker.sock.",
     "Cannot connect to the @R. Is containerd running? / is a directory, not a "
     "socket: write the path of the runtime's socket, e.g. "
     "unix:///run/containerd/containerd.sock.",
     "unix:///"},
    {Kind::kGrpcStatus, Code::kDaemonError, kNone,
     "Error response from container runtime: message larger than max (2 vs. "
     "1). The list is larger than one message of gRPC: narrow it with all=0 or "
     "with filters on status, id or label, which the runtime applies itself, "
     "or remove dead containers and pods.",
     "unix:///s", "message larger than max (2 vs. 1)"},
    {Kind::kGrpcStatus, Code::kDaemonError, kNone,
     "Error response from container runtime: server is not initialized yet "
     "(UNKNOWN). It is starting: try again in a moment, then look at its log.",
     "unix:///s", "server is not initialized yet (UNKNOWN)"},
    {Kind::kUnknownHost, Code::kCannotConnect,
     "Cannot connect to the @R: {detail} {. Check the name of the host.", kSame,
     "unix:///s", "{detail} {"},
};

std::string Replaced(std::string text, const std::string& from,
                     const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from)) != text.npos;)
    text.replace(at, from.size(), to);
  return text;
}

void CheckText(const Case& c, RuntimeKind kind, const char* text) {
  const bool cri = kind == RuntimeKind::kCri;
  const std::string request = cri ? "v1/Version" : "GET /info";
  Failure failure{c.kind, c.detail, 7, 1000, std::chrono::seconds(25)};
  const Error error =
      ToError({ParseEndpoint(c.endpoint, kind), request}, failure);
  const std::string runtime =
      (cri ? "container runtime at " : "Docker daemon at ") +
      std::string(c.endpoint);
  CHECK(error.what() == Replaced(Replaced(text, "@R", runtime), "@Q", request));
  CHECK(ToString(error.code()) == ToString(c.code));
  CHECK_FALSE(error.http_status());
}

}  // namespace

TEST_CASE("Each failure has its code and its text for Docker and for the CRI") {
  for (const Case& c : kCases) {
    const char* const cri = c.cri == kSame ? c.docker : c.cri;
    if (*c.docker != 0) CheckText(c, RuntimeKind::kDocker, c.docker);
    if (*cri != 0) CheckText(c, RuntimeKind::kCri, cri);
  }
}

TEST_CASE("Durations in texts are whole seconds, or milliseconds rounded up") {
  Failure failure{FailureKind::kConnectTimeout, ""};
  failure.elapsed = std::chrono::microseconds(1'499'001);
  CHECK(std::string(ToError({Endpoint(), ""}, failure).what())
            .find(" within 1500ms. ") != std::string::npos);
}

TEST_CASE("The errno of connect() distinguishes the failures of a socket") {
  const auto kind = [](int os_error, const char* endpoint) {
    return KindOfConnectFailure(os_error,
                                ParseEndpoint(endpoint, RuntimeKind::kDocker));
  };
  const char* const missing = "unix:///missing.sock";
  CHECK(kind(ENOENT, missing) == FailureKind::kNotListening);
  CHECK(kind(ECONNREFUSED, missing) == FailureKind::kNotListening);
  CHECK(kind(EACCES, missing) == FailureKind::kPermissionDenied);
  CHECK(kind(EPERM, missing) == FailureKind::kPermissionDenied);
  CHECK(kind(EAGAIN, missing) == FailureKind::kBacklogFull);
  CHECK(kind(0, missing) == FailureKind::kBacklogFull);
  CHECK(kind(ECONNREFUSED, "unix:///") == FailureKind::kNotASocket);
  CHECK(kind(EACCES, "tcp://127.0.0.1") == FailureKind::kNotListening);
}
