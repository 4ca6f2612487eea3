// SPDX-License-Identifier: Apache-2.0
#include "lib/src/docker/failure.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

using namespace containercollector;
using namespace containercollector::internal;

namespace {

Failure FailureOf(FailureKind kind) {
  Failure failure;
  failure.kind = kind;
  failure.endpoint = ParseEndpoint("unix:///run/d.sock", false);
  failure.request = "GET /v1.40/containers/json";
  failure.bytes = 7;
  failure.limit = 1000;
  failure.elapsed = std::chrono::seconds(25);
  failure.detail = "some detail";
  return failure;
}

void CheckError(const Failure& failure, ErrorCode code,
                const std::string& text) {
  const Error error = ToError(failure);
  CHECK(error.what() == text);
  CHECK(ToString(error.code()) == ToString(code));
  CHECK_FALSE(error.http_status());
}

void CheckError(FailureKind kind, ErrorCode code, const std::string& text) {
  CheckError(FailureOf(kind), code, text);
}

HttpResponse ResponseOf(int status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

}  // namespace

TEST_CASE("Each failure to connect has its text and code") {
  CheckError(FailureKind::kNotListening, ErrorCode::kCannotConnect,
             "Cannot connect to the Docker daemon at unix:///run/d.sock. Is "
             "the docker daemon running?");
  CheckError(FailureKind::kBacklogFull, ErrorCode::kCannotConnect,
             "Cannot connect to the Docker daemon at unix:///run/d.sock. Is "
             "the docker daemon running? It accepts no connection, and its "
             "queue is full: it may hang, look at its log.");
  CheckError(FailureKind::kUnknownHost, ErrorCode::kCannotConnect,
             "Cannot connect to the Docker daemon at unix:///run/d.sock: some "
             "detail. Check the name of the host.");
  CheckError(FailureKind::kPermissionDenied, ErrorCode::kPermissionDenied,
             "Got permission denied while trying to connect to the Docker "
             "daemon socket at unix:///run/d.sock: dial unix /run/d.sock: "
             "connect: permission denied. Run as root or as a member of the "
             "group that owns the socket.");
  CheckError(FailureKind::kTls, ErrorCode::kTlsFailed,
             "No TLS connection with the Docker daemon at unix:///run/d.sock: "
             "some detail. Check the TLS files, and whether the daemon speaks "
             "TLS there.");

  Failure failure = FailureOf(FailureKind::kConnectTimeout);
  failure.endpoint = ParseEndpoint("tcp://node", false);
  failure.elapsed = std::chrono::milliseconds(1500);
  CheckError(failure, ErrorCode::kTimeout,
             "No connection to the Docker daemon at tcp://node within 1500ms. "
             "Check that its machine is up, that no firewall is between and "
             "that the port is right.");
  failure.endpoint = ParseEndpoint("tcp://node", true);
  CheckError(failure, ErrorCode::kTimeout,
             "No connection to the Docker daemon at tcp://node within 1500ms. "
             "Check that its machine is up, that no firewall is between and "
             "that it speaks TLS there.");
  failure.kind = FailureKind::kResolveTimeout;
  CheckError(failure, ErrorCode::kTimeout,
             "No connection to the Docker daemon at tcp://node within 1500ms. "
             "The name of its host was not resolved: check the name and the "
             "DNS servers of this machine.");
}

TEST_CASE("Each failure to get a whole response has its text and code") {
  CheckError(FailureKind::kResponseTimeout, ErrorCode::kTimeout,
             "The Docker daemon at unix:///run/d.sock did not finish its "
             "answer to GET /v1.40/containers/json within 25s (7 bytes came). "
             "It may hang: look at its log, or allow more time.");
  CheckError(FailureKind::kTruncated, ErrorCode::kResponseTruncated,
             "The Docker daemon at unix:///run/d.sock cut off its answer to "
             "GET /v1.40/containers/json after 7 bytes. It may have been "
             "stopped or restarted: try again, then look at its log.");
  Failure empty = FailureOf(FailureKind::kTruncated);
  empty.bytes = 0;
  CheckError(empty, ErrorCode::kResponseTruncated,
             "The Docker daemon at unix:///run/d.sock closed the connection "
             "without an answer to GET /v1.40/containers/json. It may have "
             "been stopped or restarted: try again, then look at its log.");
  CheckError(FailureKind::kInvalidHttp, ErrorCode::kResponseMalformed,
             "The answer of the Docker daemon at unix:///run/d.sock to GET "
             "/v1.40/containers/json is not valid HTTP: some detail. Check "
             "that it is a Docker daemon that listens there.");
  CheckError(FailureKind::kNotHttp, ErrorCode::kResponseMalformed,
             "The answer of the Docker daemon at unix:///run/d.sock to GET "
             "/v1.40/containers/json is not valid HTTP: some detail. Another "
             "service listens there, such as containerd or another gRPC "
             "server: write the endpoint of the Docker daemon.");
  CheckError(FailureKind::kHeadersTooLarge, ErrorCode::kResponseMalformed,
             "The answer of the Docker daemon at unix:///run/d.sock to GET "
             "/v1.40/containers/json is not valid HTTP: its headers are larger "
             "than the limit of 1000 bytes. Check that it is a Docker daemon "
             "that listens there.");
  CheckError(FailureKind::kBodyTooLarge, ErrorCode::kResponseTooLarge,
             "The answer of the Docker daemon at unix:///run/d.sock to GET "
             "/v1.40/containers/json is larger than the limit of 1000 bytes. "
             "Narrow it with filters or limit, or allow larger answers.");
  CheckError(FailureKind::kCancelled, ErrorCode::kCancelled,
             "The request GET /v1.40/containers/json to the Docker daemon at "
             "unix:///run/d.sock was cancelled by its caller.");
  CheckError(FailureKind::kInternal, ErrorCode::kInternal,
             "The request GET /v1.40/containers/json to the Docker daemon at "
             "unix:///run/d.sock failed: some detail. This is not the "
             "daemon's fault: look at the memory and the files of this "
             "process.");
}

TEST_CASE("The error of connect() tells the failures of a socket apart") {
  const test::TempDir dir;
  const Endpoint missing = ParseEndpoint("unix://" + dir / "x.sock", false);
  const Endpoint directory = ParseEndpoint("unix://" + dir / "", false);
  const Endpoint tcp = ParseEndpoint("tcp://127.0.0.1", false);
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

TEST_CASE("A response of 400 is the caller's error, but not for a version") {
  CHECK(
      ToError(ResponseOf(400, R"({"message":"Invalid filter 'x'"})")).code() ==
      ErrorCode::kRequestRejected);
  const Error version = ToError(ResponseOf(
      400, R"({"message":"client version 1.39 is too old. Minimum is"})"));
  CHECK(version.code() == ErrorCode::kDaemonError);
  CHECK(version.http_status() == 400);
  CHECK(ToError(ResponseOf(500, "no")).code() == ErrorCode::kDaemonError);
}

TEST_CASE("A daemon that names no API version says what to set") {
  const Error error = NoApiVersion(ParseEndpoint("unix:///run/d.sock", false),
                                   ApiVersion{1, 40});
  CHECK(error.code() == ErrorCode::kResponseMalformed);
  CHECK(error.what() ==
        std::string("The Docker daemon at unix:///run/d.sock rejects API "
                    "version 1.40 and does not say which it takes. Set one, "
                    "e.g. DOCKER_API_VERSION=1.44."));
}
