// SPDX-License-Identifier: Apache-2.0
#include "lib/src/failure.h"

#include <cerrno>
#include <chrono>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

using namespace containercollector;
using namespace containercollector::internal;

namespace {

Place DockerAt(const std::string& endpoint, bool tls = false) {
  return {ParseEndpoint(endpoint, RuntimeKind::kDocker, tls), "GET /info"};
}

Place RuntimeAt(const std::string& endpoint) {
  return {ParseEndpoint(endpoint, RuntimeKind::kCri), "v1/Version"};
}

void CheckText(const Place& place, FailureKind kind, ErrorCode code,
               const std::string& text, const std::string& detail = "why") {
  Failure failure;
  failure.kind = kind;
  failure.bytes = 7;
  failure.limit = 1000;
  failure.elapsed = std::chrono::seconds(25);
  failure.detail = detail;
  const Error error = ToError(place, failure);
  CHECK(error.what() == text);
  CHECK(ToString(error.code()) == ToString(code));
  CHECK_FALSE(error.http_status());
}

/// The texts of both runtimes, in which @R stands for the runtime and @Q for
/// the request.
struct Case {
  FailureKind kind;
  ErrorCode code;
  const char* text;
  const char* cri = nullptr;  ///< If it differs.
};

using Kind = FailureKind;
using Code = ErrorCode;

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
};

std::string Replaced(std::string text, const std::string& from,
                     const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from)) != text.npos;)
    text.replace(at, from.size(), to);
  return text;
}

}  // namespace

TEST_CASE("Each failure has its code and its text for Docker and for the CRI") {
  for (const Case& c : kCases) {
    CheckText(DockerAt("unix:///s"), c.kind, c.code,
              Replaced(Replaced(c.text, "@R", "Docker daemon at unix:///s"),
                       "@Q", "GET /info"));
    CheckText(RuntimeAt("unix:///s"), c.kind, c.code,
              Replaced(Replaced(c.cri != nullptr ? c.cri : c.text, "@R",
                                "container runtime at unix:///s"),
                       "@Q", "v1/Version"));
  }
}

TEST_CASE("A failure to reach a TCP endpoint names what to check there") {
  const auto late = FailureKind::kConnectTimeout;
  const std::string none =
      "No connection to the Docker daemon at tcp://node within 25s. ";
  const std::string check =
      "Check that its machine is up, that no firewall blocks it and that ";
  CheckText(DockerAt("tcp://node"), late, ErrorCode::kTimeout,
            none + check + "the port is right.");
  CheckText(DockerAt("tcp://node", true), late, ErrorCode::kTimeout,
            none + check + "it speaks TLS there.");
  CheckText(DockerAt("tcp://node"), FailureKind::kResolveTimeout,
            ErrorCode::kTimeout,
            none +
                "The name of its host was not resolved: check the name and the "
                "DNS servers of this machine.");
  // OpenSSL responds to plain HTTP with an alert.
  CheckText(DockerAt("tcp://node"), FailureKind::kNotHttp,
            ErrorCode::kResponseMalformed,
            "The answer of the Docker daemon at tcp://node to GET /info is not "
            "valid HTTP: why. Another service listens there, or the daemon "
            "speaks TLS: use https:// or set DOCKER_CERT_PATH.");
}

TEST_CASE("The program to check follows from the path of the socket") {
  for (const auto& [path, program] :
       {std::pair{"/run/k3s/containerd/containerd.sock", "containerd"},
        {"/var/run/crio/crio.sock", "CRI-O"},
        {"/run/cri-dockerd.sock", "cri-dockerd"}}) {
    const std::string endpoint = std::string("unix://") + path;
    CheckText(RuntimeAt(endpoint), FailureKind::kNotListening,
              ErrorCode::kCannotConnect,
              "Cannot connect to the container runtime at " + endpoint +
                  ". Is " + program + " running?");
  }
  CheckText(RuntimeAt("unix:///crio.sock"), FailureKind::kPermissionDenied,
            ErrorCode::kPermissionDenied,
            "Got permission denied while trying to connect to the container "
            "runtime socket at unix:///crio.sock: dial unix /crio.sock: "
            "connect: permission denied. Run as root or as a member of the "
            "group that owns the socket.");
}

TEST_CASE("A path that is no socket says what it is and what to write") {
  const test::TempDir dir;
  const std::string path = dir / "";
  const std::string is =
      " running? " + path + " is a directory, not a socket: write the path of ";
  CheckText(DockerAt("unix://" + path), FailureKind::kNotASocket,
            ErrorCode::kCannotConnect,
            "Cannot connect to the Docker daemon at unix://" + path +
                ". Is the docker daemon" + is +
                "the daemon's socket, e.g. unix:///var/run/docker.sock.");
  CheckText(RuntimeAt("unix://" + path), FailureKind::kNotASocket,
            ErrorCode::kCannotConnect,
            "Cannot connect to the container runtime at unix://" + path +
                ". Is containerd" + is +
                "the runtime's socket, e.g. "
                "unix:///run/containerd/containerd.sock.");
}

TEST_CASE("Some errors of a runtime come with advice") {
  const std::string error = "Error response from container runtime: ";
  const std::string large = "message larger than max (2 vs. 1)";
  CheckText(RuntimeAt("unix:///r"), FailureKind::kGrpcStatus,
            ErrorCode::kDaemonError,
            error + large +
                ". The list is larger than one message of gRPC: narrow it with "
                "all=0 or with filters on status, id or label, which the "
                "runtime applies itself, or remove dead containers and pods.",
            large);
  const std::string starting = "server is not initialized yet (UNKNOWN)";
  CheckText(RuntimeAt("unix:///r"), FailureKind::kGrpcStatus,
            ErrorCode::kDaemonError,
            error + starting +
                ". It is starting: try again in a moment, then look at its "
                "log.",
            starting);
}

TEST_CASE("A text repeats braces and writes broken seconds as milliseconds") {
  Failure failure;
  failure.kind = FailureKind::kResolveTimeout;
  failure.elapsed = std::chrono::microseconds(1'499'001);
  CHECK(std::string(ToError(DockerAt("tcp://node"), failure).what())
            .find(" within 1500ms. ") != std::string::npos);
  CheckText(DockerAt("unix:///d"), FailureKind::kUnknownHost,
            ErrorCode::kCannotConnect,
            "Cannot connect to the Docker daemon at unix:///d: {detail} {. "
            "Check the name of the host.",
            "{detail} {");
}

TEST_CASE("The error of connect() tells the failures of a socket apart") {
  const test::TempDir dir;
  const Endpoint missing = DockerAt("unix://" + dir / "x.sock").endpoint;
  const Endpoint directory = DockerAt("unix://" + dir / "").endpoint;
  const Endpoint tcp = DockerAt("tcp://127.0.0.1").endpoint;
  CHECK(KindOfConnectFailure(ENOENT, missing) == FailureKind::kNotListening);
  CHECK(KindOfConnectFailure(ECONNREFUSED, missing) ==
        FailureKind::kNotListening);
  CHECK(KindOfConnectFailure(EACCES, missing) ==
        FailureKind::kPermissionDenied);
  CHECK(KindOfConnectFailure(EPERM, missing) == FailureKind::kPermissionDenied);
  CHECK(KindOfConnectFailure(EAGAIN, missing) == FailureKind::kBacklogFull);
  CHECK(KindOfConnectFailure(0, missing) == FailureKind::kBacklogFull);
  CHECK(KindOfConnectFailure(ECONNREFUSED, directory) ==
        FailureKind::kNotASocket);
  CHECK(KindOfConnectFailure(EACCES, tcp) == FailureKind::kNotListening);
}
