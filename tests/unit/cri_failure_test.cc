// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <string>

#include "containercollector/cri_client.h"
#include "lib/src/cri/failure.h"
#include "tests/support/catch.h"
#include "tests/support/error_of.h"
#include "tests/support/temp_dir.h"

using namespace containercollector;
using namespace containercollector::internal;
using test::ErrorOf;

namespace {

Place PlaceAt(const std::string& endpoint = "unix:///run/r.sock") {
  return {ParseEndpoint(endpoint, RuntimeKind::kCri),
          "runtime.v1.RuntimeService/Version"};
}

Failure FailureOf(FailureKind kind) {
  Failure failure;
  failure.kind = kind;
  failure.bytes = 7;
  failure.limit = 1000;
  failure.elapsed = std::chrono::seconds(25);
  failure.detail = "some detail";
  return failure;
}

void CheckError(const Error& error, ErrorCode code, const std::string& text) {
  CHECK(error.what() == text);
  CHECK(ToString(error.code()) == ToString(code));
  CHECK_FALSE(error.http_status());
}

void CheckFailure(FailureKind kind, ErrorCode code, const std::string& text) {
  CheckError(ToError(PlaceAt(), FailureOf(kind)), code, text);
}

void CheckFault(GrpcFault fault, ErrorCode code, const std::string& text) {
  CheckError(ToError(PlaceAt(), GrpcMalformed{fault, 256, 3, "a detail"}), code,
             text);
}

}  // namespace

TEST_CASE("Each failure to connect to a runtime has its text and code") {
  CheckFailure(FailureKind::kNotListening, ErrorCode::kCannotConnect,
               "Cannot connect to the container runtime at unix:///run/r.sock. "
               "Is containerd running?");
  CheckFailure(FailureKind::kBacklogFull, ErrorCode::kCannotConnect,
               "Cannot connect to the container runtime at unix:///run/r.sock. "
               "Is containerd running? It accepts no connection, and its queue "
               "is full: it may hang, look at its log.");
  CheckFailure(FailureKind::kPermissionDenied, ErrorCode::kPermissionDenied,
               "Got permission denied while trying to connect to the container "
               "runtime socket at unix:///run/r.sock: dial unix /run/r.sock: "
               "connect: permission denied. Run as root or as a member of the "
               "group that owns the socket. containerd's belongs to root "
               "alone, unless gid in the section [grpc] of "
               "/etc/containerd/config.toml is that of a group.");
  CheckError(ToError(PlaceAt("unix:///run/crio/crio.sock"),
                     FailureOf(FailureKind::kPermissionDenied)),
             ErrorCode::kPermissionDenied,
             "Got permission denied while trying to connect to the container "
             "runtime socket at unix:///run/crio/crio.sock: dial unix "
             "/run/crio/crio.sock: connect: permission denied. Run as root or "
             "as a member of the group that owns the socket.");
  CheckFailure(FailureKind::kConnectTimeout, ErrorCode::kTimeout,
               "No connection to the container runtime at unix:///run/r.sock "
               "within 25s. It may hang: look at its log.");
}

TEST_CASE("The program to look for follows from the path of the socket") {
  const auto text = [](const std::string& endpoint) {
    return std::string(
        ToError(PlaceAt(endpoint), FailureOf(FailureKind::kNotListening))
            .what());
  };
  CHECK(text("unix:///run/containerd/containerd.sock") ==
        "Cannot connect to the container runtime at "
        "unix:///run/containerd/containerd.sock. Is containerd running?");
  CHECK(text("unix:///var/run/crio/crio.sock") ==
        "Cannot connect to the container runtime at "
        "unix:///var/run/crio/crio.sock. Is CRI-O running?");
  CHECK(text("unix:///run/cri-dockerd.sock") ==
        "Cannot connect to the container runtime at "
        "unix:///run/cri-dockerd.sock. Is cri-dockerd running?");
}

TEST_CASE("A path that is not the socket of a runtime says what it is") {
  const test::TempDir dir;
  const std::string path = dir / "";
  CheckError(
      ToError(PlaceAt("unix://" + path), FailureOf(FailureKind::kNotASocket)),
      ErrorCode::kCannotConnect,
      "Cannot connect to the container runtime at unix://" + path +
          ". Is containerd running? " + path +
          " is a directory, not a socket: write the path of the runtime's "
          "socket, e.g. unix:///run/containerd/containerd.sock.");
}

TEST_CASE("Each failure to get a response of a runtime has its text and code") {
  CheckFailure(FailureKind::kResponseTimeout, ErrorCode::kTimeout,
               "The container runtime at unix:///run/r.sock did not finish its "
               "answer to runtime.v1.RuntimeService/Version within 25s (7 "
               "bytes came). It may hang: look at its log, or allow more "
               "time.");
  CheckFailure(FailureKind::kTruncated, ErrorCode::kResponseTruncated,
               "The container runtime at unix:///run/r.sock cut off its answer "
               "to runtime.v1.RuntimeService/Version after 7 bytes. It may "
               "have been stopped or restarted: try again, then look at its "
               "log.");
  Failure empty = FailureOf(FailureKind::kTruncated);
  empty.bytes = 0;
  CheckError(ToError(PlaceAt(), empty), ErrorCode::kResponseTruncated,
             "The container runtime at unix:///run/r.sock closed the "
             "connection without an answer to "
             "runtime.v1.RuntimeService/Version. It may have been stopped or "
             "restarted: try again, then look at its log.");
  CheckFailure(FailureKind::kStreamReset, ErrorCode::kResponseTruncated,
               "The container runtime at unix:///run/r.sock gave up its answer "
               "to runtime.v1.RuntimeService/Version after 7 bytes, without a "
               "gRPC status: some detail. Try again, then look at its log.");
  CheckFailure(FailureKind::kInvalidHttp, ErrorCode::kResponseMalformed,
               "The answer of the container runtime at unix:///run/r.sock to "
               "runtime.v1.RuntimeService/Version is not valid HTTP/2: some "
               "detail. Check that it is a container runtime that listens "
               "there.");
  CheckFailure(FailureKind::kHeadersTooLarge, ErrorCode::kResponseMalformed,
               "The answer of the container runtime at unix:///run/r.sock to "
               "runtime.v1.RuntimeService/Version is not valid HTTP/2: its "
               "headers are larger than the limit of 1000 bytes. Check that it "
               "is a container runtime that listens there.");
  CheckFailure(FailureKind::kBodyTooLarge, ErrorCode::kResponseTooLarge,
               "The answer of the container runtime at unix:///run/r.sock to "
               "runtime.v1.RuntimeService/Version is larger than the limit of "
               "1000 bytes. Narrow it with filters or all=0, or allow larger "
               "answers.");
  CheckFailure(FailureKind::kCancelled, ErrorCode::kCancelled,
               "The request runtime.v1.RuntimeService/Version to the container "
               "runtime at unix:///run/r.sock was cancelled by its caller.");
  CheckFailure(FailureKind::kInternal, ErrorCode::kInternal,
               "The request runtime.v1.RuntimeService/Version to the container "
               "runtime at unix:///run/r.sock failed: some detail. This is not "
               "the runtime's fault: look at the memory and the files of this "
               "process.");
}

TEST_CASE("Each response of a runtime that is not gRPC has its text and code") {
  const std::string answer =
      "The answer of the container runtime at unix:///run/r.sock to "
      "runtime.v1.RuntimeService/Version ";
  const std::string check =
      ". Check that it is a container runtime that listens there.";
  CheckFault(GrpcFault::kNotGrpc, ErrorCode::kResponseMalformed,
             answer + "is not gRPC: a detail" + check);
  CheckFault(GrpcFault::kNoStatus, ErrorCode::kResponseTruncated,
             answer +
                 "ended without a gRPC status after 3 bytes. The runtime may "
                 "have been stopped or restarted: try again, then look at its "
                 "log.");
  CheckFault(GrpcFault::kNoMessage, ErrorCode::kResponseMalformed,
             answer +
                 "is not valid gRPC: it has 3 bytes, and a message begins "
                 "with 5" +
                 check);
  CheckFault(GrpcFault::kCompressed, ErrorCode::kResponseMalformed,
             answer + "is compressed, which was not asked for" + check);
  for (const GrpcFault fault : {GrpcFault::kTooShort, GrpcFault::kTooLong}) {
    CheckFault(fault, ErrorCode::kResponseMalformed,
               answer + "is not valid gRPC: it announces 256 bytes, and has 3" +
                   check);
  }
  CheckError(Malformed(PlaceAt(), Error(ErrorCode::kResponseMalformed,
                                        "containers[3]: it has no id")),
             ErrorCode::kResponseMalformed,
             answer + "is malformed: containers[3]: it has no id" + check);
}

TEST_CASE("The error of a runtime has its message and its gRPC status") {
  CheckError(ToError(GrpcStatus{14, "no way"}), ErrorCode::kDaemonError,
             "Error response from container runtime: no way (UNAVAILABLE)");
  CheckError(ToError(GrpcStatus{2, ""}), ErrorCode::kDaemonError,
             "Error response from container runtime: no message (UNKNOWN)");
  CHECK(IsRetryable(ToError(GrpcStatus{14, ""}).code()));
}

TEST_CASE("A list that is too large for gRPC says how to narrow it") {
  CheckError(
      ToError(GrpcStatus{8,
                         "grpc: trying to send message larger than max "
                         "(16791221 vs. 16777216)"}),
      ErrorCode::kDaemonError,
      "Error response from container runtime: grpc: trying to send message "
      "larger than max (16791221 vs. 16777216) (RESOURCE_EXHAUSTED). The list "
      "is larger than one message of gRPC: narrow it with all=0 or with "
      "filters on status, id or label, which the runtime applies itself, or "
      "remove dead containers and pods.");
}

TEST_CASE("A runtime that is starting says to try again") {
  const std::string advice =
      ". It is starting: try again in a moment, then look at its log.";
  const std::string message = "server is not initialized yet";
  CheckError(ToError(GrpcStatus{14, message}), ErrorCode::kDaemonError,
             "Error response from container runtime: " + message +
                 " (UNAVAILABLE)" + advice);
  CheckError(ToError(GrpcStatus{2, message}), ErrorCode::kDaemonError,
             "Error response from container runtime: " + message +
                 " (UNKNOWN)" + advice);
}

TEST_CASE("A service of HTTP/1.1 is told apart from a runtime") {
  CheckError(NotGrpc(PlaceAt()), ErrorCode::kResponseMalformed,
             "The answer of the container runtime at unix:///run/r.sock to "
             "runtime.v1.RuntimeService/Version is not gRPC but HTTP/1.1. "
             "Another service listens there, such as a Docker daemon: ask it "
             "as the runtime \"docker\", or write the endpoint of the "
             "container runtime, e.g. unix:///run/containerd/containerd.sock.");
}

TEST_CASE("A runtime without the CRI says how to enable it") {
  CheckError(NoCri(PlaceAt(), GrpcStatus{12, "unknown service"}),
             ErrorCode::kDaemonError,
             "The container runtime at unix:///run/r.sock offers neither "
             "runtime.v1 nor runtime.v1alpha2 of the CRI: unknown service "
             "(UNIMPLEMENTED). If it is containerd, its CRI plugin is disabled "
             "or failed to load: remove \"cri\" from disabled_plugins in "
             "/etc/containerd/config.toml, look for \"failed to load plugin\" "
             "in containerd's log (journalctl -u containerd), and restart "
             "it.");
}

TEST_CASE("The options of a CriClient are checked when it is made") {
  RuntimeOptions options;
  CHECK(options == RuntimeOptions{});
  CHECK(CriClient(options).endpoint() ==
        "unix:///run/containerd/containerd.sock");
  const auto rejection = [](const RuntimeOptions& wrong) {
    const Error error = ErrorOf([&] { const CriClient client(wrong); });
    CHECK(error.code() == ErrorCode::kInvalidArgument);
    return std::string(error.what());
  };
  options.timeout = std::chrono::seconds(0);
  CHECK(rejection(options) ==
        "invalid timeout of 0ms: write at least 1ms and at most a year");
  options = {};
  options.connect_timeout = std::chrono::hours(24 * 366);
  CHECK(options != RuntimeOptions{});
  CHECK(rejection(options) ==
        "invalid connect timeout of 31622400000ms: write at least 1ms and at "
        "most a year");
  options = {};
  options.max_response_bytes = 0;
  CHECK(rejection(options) ==
        "invalid max response of 0 bytes: write 1 to 4294967295");
}
