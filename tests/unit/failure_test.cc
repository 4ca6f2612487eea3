// SPDX-License-Identifier: Apache-2.0
#include "lib/src/docker/failure.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "lib/src/http/curl.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

using namespace containercollector;
using namespace containercollector::internal;

namespace {

Place PlaceAt(const std::string& endpoint, bool tls = false) {
  return {ParseEndpoint(endpoint, RuntimeKind::kDocker, tls),
          "GET /v1.40/containers/json"};
}

const Place& Socket() {
  static const Place place = PlaceAt("unix:///run/d.sock");
  return place;
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

void CheckError(FailureKind kind, ErrorCode code, const std::string& text) {
  CheckError(ToError(Socket(), FailureOf(kind)), code, text);
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
  failure.elapsed = std::chrono::milliseconds(1500);
  CheckError(ToError(PlaceAt("tcp://node"), failure), ErrorCode::kTimeout,
             "No connection to the Docker daemon at tcp://node within 1500ms. "
             "Check that its machine is up, that no firewall blocks it and "
             "that the port is right.");
  CheckError(ToError(PlaceAt("tcp://node", true), failure), ErrorCode::kTimeout,
             "No connection to the Docker daemon at tcp://node within 1500ms. "
             "Check that its machine is up, that no firewall blocks it and "
             "that it speaks TLS there.");
  failure.kind = FailureKind::kResolveTimeout;
  CheckError(ToError(PlaceAt("tcp://node", true), failure), ErrorCode::kTimeout,
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
  CheckError(ToError(Socket(), empty), ErrorCode::kResponseTruncated,
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
  // OpenSSL responds to plain HTTP with an alert.
  CheckError(ToError(PlaceAt("tcp://node"), FailureOf(FailureKind::kNotHttp)),
             ErrorCode::kResponseMalformed,
             "The answer of the Docker daemon at tcp://node to GET "
             "/v1.40/containers/json is not valid HTTP: some detail. Another "
             "service listens there, or the daemon speaks TLS: use https:// or "
             "set DOCKER_CERT_PATH.");
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
  const Endpoint missing =
      ParseEndpoint("unix://" + dir / "x.sock", RuntimeKind::kDocker);
  const Endpoint directory =
      ParseEndpoint("unix://" + dir / "", RuntimeKind::kDocker);
  const Endpoint tcp = ParseEndpoint("tcp://127.0.0.1", RuntimeKind::kDocker);
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

TEST_CASE("A connection that ends is told from bytes of another protocol") {
  const auto kind = [](CURLcode code, int os_error, const std::string& text) {
    CurlFailure curl;
    curl.code = code;
    curl.os_error = os_error;
    curl.connected = true;
    curl.text = text;
    return KindOf(curl, ArrivingResponse(1), Socket().endpoint);
  };
  const std::string misunderstood =
      "Remote peer returned unexpected data while we expected SETTINGS frame.";
  // What libcurl 7.88 to 8.23 report.
  CHECK(kind(CURLE_HTTP2, EPIPE, "Send failure: Broken pipe") ==
        FailureKind::kTruncated);
  CHECK(kind(CURLE_HTTP2, 0, curl_easy_strerror(CURLE_HTTP2)) ==
        FailureKind::kTruncated);
  CHECK(kind(CURLE_SEND_ERROR, EPIPE, "Send failure: Broken pipe") ==
        FailureKind::kTruncated);
  CHECK(kind(CURLE_RECV_ERROR, ECONNRESET, "Recv failure") ==
        FailureKind::kTruncated);
  CHECK(kind(CURLE_HTTP2, 0, misunderstood) == FailureKind::kInvalidHttp);
  CHECK(kind(CURLE_SEND_ERROR, EPIPE, misunderstood) ==
        FailureKind::kInvalidHttp);
  CHECK(kind(CURLE_RECV_ERROR, 0, "Failure in chunked-encoding") ==
        FailureKind::kInvalidHttp);
}

TEST_CASE("A 400 is the caller's fault only if Docker rejects its options") {
  const auto error = [](int status, const std::string& body,
                        const ListOptions& options) {
    return ToError(Socket(), ResponseOf(status, body), options);
  };
  const std::string rejection = R"({"message":"Invalid filter 'x'"})";
  ListOptions filter;
  filter.filters.Add("x", "y");
  ListOptions size;
  size.size = true;
  ListOptions limit;
  limit.limit = 1;
  for (const ListOptions& options : {filter, size, limit}) {
    const Error rejected = error(400, rejection, options);
    CHECK(rejected.code() == ErrorCode::kRequestRejected);
    CHECK(rejected.what() ==
          std::string("Error response from daemon: Invalid filter 'x'"));
    CHECK(rejected.http_status() == 400);
    CHECK(error(500, rejection, options).code() == ErrorCode::kDaemonError);
    CHECK(error(404, rejection, options).code() == ErrorCode::kDaemonError);
  }
  CHECK(error(400, rejection, {}).code() == ErrorCode::kDaemonError);
  CHECK(error(400, R"({"message":"client version 1.39 is too old. Minimum"})",
              filter)
            .code() == ErrorCode::kDaemonError);
  CHECK(error(400, "Bad Request.\n", filter).code() == ErrorCode::kDaemonError);
  CHECK(error(400, "Bad Request.\n", filter).what() ==
        std::string("Error response from daemon: Bad Request. Check that it "
                    "is a Docker daemon that listens there."));
}

TEST_CASE("A container to compare with that is not there is a wrong option") {
  ListOptions before;
  before.filters.Add("before", "nosuch");
  ListOptions since;
  since.filters.Add("since", "nosuch");
  const HttpResponse docker =
      ResponseOf(404, R"({"message":"No such container: nosuch"})");
  const HttpResponse podman = ResponseOf(
      500,
      R"({"message":"no container with name or ID \"nosuch\" found: no such container"})");
  const HttpResponse race = ResponseOf(
      500,
      R"({"message":"container 0a11 does not exist in database: no such container"})");
  for (const ListOptions& options : {before, since}) {
    CHECK(ToError(Socket(), docker, options).code() ==
          ErrorCode::kRequestRejected);
    CHECK(ToError(Socket(), docker, options).what() ==
          std::string("Error response from daemon: No such container: nosuch"));
    CHECK(ToError(Socket(), podman, options).code() ==
          ErrorCode::kRequestRejected);
    CHECK(ToError(Socket(), race, options).code() == ErrorCode::kDaemonError);
    CHECK_FALSE(IsRemovalRace(docker, options));
    CHECK_FALSE(IsRemovalRace(podman, options));
    CHECK(IsRemovalRace(race, options));
  }
  CHECK(ToError(Socket(), docker).code() == ErrorCode::kDaemonError);
}

TEST_CASE("A container that was removed meanwhile is told by its error") {
  const auto is_race = [](int status, const std::string& message) {
    return IsRemovalRace(
        ResponseOf(status, R"({"message":")" + message + R"("})"), {});
  };
  CHECK(is_race(500,
                "container 0a11 does not exist in database: no such "
                "container"));
  CHECK(is_race(500, "container 0a11 has already been removed"));
  CHECK(is_race(500, "mount does not exist"));
  CHECK(is_race(404, "No such container: 0a11"));
  CHECK(is_race(404, "rw layer snapshot not found for container 0a11"));
  CHECK_FALSE(is_race(500, "database is locked"));
  CHECK_FALSE(is_race(400, "filter does not exist"));
  CHECK_FALSE(IsRemovalRace(ResponseOf(404, "page does not exist"), {}));
}

TEST_CASE("A port that speaks TLS says how to reach it") {
  const Place tcp{ParseEndpoint("tcp://node:2376", RuntimeKind::kDocker),
                  "GET /containers/json"};
  const std::string advice =
      ". The daemon speaks TLS: use https:// or set DOCKER_CERT_PATH.";
  const auto check = [&](const std::string& body, const std::string& what) {
    const Error error = ToError(tcp, ResponseOf(400, body));
    CHECK(error.what() == "Error response from daemon: " + what + advice);
    CHECK(error.code() == ErrorCode::kTlsFailed);
    CHECK(error.http_status() == 400);
  };
  check("Client sent an HTTP request to an HTTPS server.\n",
        "Client sent an HTTP request to an HTTPS server");
  check(
      "<html><title>400 The plain HTTP request was sent to HTTPS port</title>",
      "status 400: Bad Request");
  check("<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.",
        "status 400: Bad Request");
}

TEST_CASE("Nothing of a proxy's web page is repeated") {
  const auto check = [](HttpResponse response, const std::string& text) {
    const Error error =
        ToError({Socket().endpoint, "GET /containers/json"}, response);
    CHECK(error.what() == "Error response from daemon: " + text);
    CHECK(error.code() == ErrorCode::kDaemonError);
    CHECK(DaemonMessage(response).empty());
  };
  check(ResponseOf(403, "<html><body><h1>403 Forbidden</h1>\n"),
        "status 403: Forbidden. A proxy may be in between: allow GET "
        "/containers/json.");
  check(ResponseOf(502, " <!DOCTYPE html>"),
        "status 502: Bad Gateway. A proxy may be in between: check that it "
        "reaches the Docker daemon.");
  HttpResponse page = ResponseOf(418, "I am a teapot");
  page.headers.emplace_back("content-type", "text/html; charset=utf-8");
  check(page,
        "status 418. A proxy may be in between: allow GET /containers/json.");
}

TEST_CASE("A daemon that names no API version says what to set") {
  const Error error = NoApiVersion(Socket(), ApiVersion{1, 40});
  CHECK(error.code() == ErrorCode::kResponseMalformed);
  CHECK(error.what() ==
        std::string("The Docker daemon at unix:///run/d.sock rejects API "
                    "version 1.40 and does not say which it takes. Set one, "
                    "e.g. DOCKER_API_VERSION=1.44."));
}
