// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "lib/src/docker/messages.h"
#include "tests/support/catch.h"

using namespace containercollector;
using namespace containercollector::internal;

namespace {

HttpResponse ResponseOf(int status, std::string body,
                        const char* type = "application/json") {
  HttpResponse response;
  response.status = status;
  response.reason = "Reason";
  response.headers = {{"content-type", type}};
  response.body = std::move(body);
  return response;
}

Error ErrorOf(const HttpResponse& response, const ListOptions& options = {}) {
  return ToError(
      {ParseEndpoint("tcp://node", RuntimeKind::kDocker), "GET /info"},
      response, options);
}

ListOptions With(const std::string& filter, const std::string& value) {
  ListOptions options;
  options.filters.Add(filter, value);
  return options;
}

}  // namespace

TEST_CASE("An error response has the daemon's message, or what to check") {
  struct Case {
    HttpResponse response;
    std::string text;
    ErrorCode code = ErrorCode::kDaemonError;
  };
  const std::string use_tls =
      ". The daemon speaks TLS: use https:// or set DOCKER_CERT_PATH.";
  for (const Case& c : {
           Case{ResponseOf(500, R"({"message":"no layer"})"), "no layer"},
           // As old daemons send it.
           Case{ResponseOf(500, " no layer \n", "text/plain"), "no layer"},
           Case{ResponseOf(500,
                           "a\xFF"
                           "b"),
                "a\xEF\xBF\xBD"
                "b"},
           Case{ResponseOf(500, std::string(10'000, 'x')),
                std::string(4096, 'x') + "..."},
           Case{ResponseOf(503, ""),
                "status 503 without a message. Look at the daemon's log."},
           Case{ResponseOf(400, "Bad Request.\n"),
                "Bad Request. Check that it is a Docker daemon that listens "
                "there."},
           Case{ResponseOf(400, "client is too old"), "client is too old"},
           Case{ResponseOf(403, "<html><body>403</body>\n"),
                "status 403: Reason. A proxy may be in between: allow GET "
                "/info."},
           Case{ResponseOf(502, " <!DOCTYPE html>"),
                "status 502: Reason. A proxy may be in between: check "
                "that it reaches the Docker daemon."},
           Case{ResponseOf(418, "a teapot", "text/html; charset=utf-8"),
                "status 418: Reason. A proxy may be in between: allow GET "
                "/info."},
           // Go, nginx and Apache.
           Case{ResponseOf(400,
                           "Client sent an HTTP request to an HTTPS server.\n"),
                "Client sent an HTTP request to an HTTPS server" + use_tls,
                ErrorCode::kTlsFailed},
           Case{ResponseOf(400,
                           "<html>The plain HTTP request was sent to HTTPS "
                           "port</html>"),
                "status 400: Reason" + use_tls, ErrorCode::kTlsFailed},
           Case{ResponseOf(400,
                           "<p>You're speaking plain HTTP to an SSL-enabled "
                           "server port."),
                "status 400: Reason" + use_tls, ErrorCode::kTlsFailed},
       }) {
    const Error error = ErrorOf(c.response, With("x", "y"));
    CHECK(error.what() == "Error response from daemon: " + c.text);
    CHECK(ToString(error.code()) == ToString(c.code));
    CHECK(error.http_status() == c.response.status);
  }
}

TEST_CASE("A status without a reason is a number") {
  HttpResponse page = ResponseOf(418, "<html>");
  page.reason.clear();
  CHECK(std::string(ErrorOf(page).what()).find("daemon: status 418. A") !=
        std::string::npos);
}

TEST_CASE("A 400 is the caller's fault only if Docker rejects its options") {
  const auto code = [](int status, const std::string& body,
                       const ListOptions& options) {
    return ErrorOf(ResponseOf(status, body), options).code();
  };
  const std::string rejection = R"({"message":"Invalid filter 'x'"})";
  ListOptions size;
  size.size = true;
  ListOptions limit;
  limit.limit = 1;
  for (const ListOptions& options : {With("x", "y"), size, limit}) {
    CHECK(code(400, rejection, options) == ErrorCode::kRequestRejected);
    CHECK(code(500, rejection, options) == ErrorCode::kDaemonError);
    CHECK(code(404, rejection, options) == ErrorCode::kDaemonError);
  }
  CHECK(code(400, rejection, {}) == ErrorCode::kDaemonError);
  CHECK(code(400, R"({"message":"client version 1.39 is too old."})", size) ==
        ErrorCode::kDaemonError);
}

TEST_CASE("A container to compare with that is not there is a wrong option") {
  const HttpResponse docker =
      ResponseOf(404, R"({"message":"No such container: nosuch"})");
  const HttpResponse podman = ResponseOf(
      500, R"({"message":"no \"nosuch\" found: no such container"})");
  const HttpResponse race =
      ResponseOf(500, R"({"message":"0a11: no such container"})");
  for (const char* filter : {"before", "since"}) {
    const ListOptions options = With(filter, "nosuch");
    for (const HttpResponse& response : {docker, podman}) {
      CHECK(ErrorOf(response, options).code() == ErrorCode::kRequestRejected);
      CHECK_FALSE(IsRemovalRace(response, options));
    }
    CHECK(ErrorOf(race, options).code() == ErrorCode::kDaemonError);
    CHECK(IsRemovalRace(race, options));
  }
  CHECK(ErrorOf(docker, With("name", "nosuch")).code() ==
        ErrorCode::kDaemonError);
}

TEST_CASE("A container that was removed meanwhile is told by its error") {
  const auto is_race = [](int status, const std::string& message) {
    return IsRemovalRace(
        ResponseOf(status, R"({"message":")" + message + R"("})"), {});
  };
  CHECK(is_race(500, "0a11 does not exist in database: no such container"));
  CHECK(is_race(500, "container 0a11 has already been removed"));
  CHECK(is_race(500, "mount does not exist"));
  CHECK(is_race(404, "No such container: 0a11"));
  CHECK(is_race(404, "rw layer snapshot not found for container 0a11"));
  CHECK_FALSE(is_race(500, "database is locked"));
  CHECK_FALSE(is_race(400, "filter does not exist"));
  CHECK_FALSE(IsRemovalRace(ResponseOf(404, "page does not exist"), {}));
}

TEST_CASE("An API version is two numbers with a dot between") {
  CHECK(ParseApiVersion("1.40") == ApiVersion{1, 40});
  CHECK(ParseApiVersion("v1.41") == ApiVersion{1, 41});
  CHECK(ToString(ApiVersion{1, 40}) == "1.40");
  for (const char* text :
       {"", "v", "1", "1.", ".40", "1.40 ", "vv1.40", "1.40.1", "1.-4", "-1.40",
        "1.99999999999", "latest"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseApiVersion(text));
  }
}

TEST_CASE("A rejection names the nearest API version that the daemon accepts") {
  for (const auto& [message, nearest] : {
           std::pair{"client version 1.40 is too old. Minimum supported API "
                     "version is 1.44, please upgrade your client",
                     ApiVersion{1, 44}},
           {"client version 1.40 is too new. Maximum supported API version is "
            "1.39",
            ApiVersion{1, 39}},
           {"client is newer than server (client API version: 1.40, server API "
            "version: 1.24)",
            ApiVersion{1, 24}},
           {"client is too old, minimum supported API version is 1.45, please "
            "upgrade",
            ApiVersion{1, 45}},
           {"client version 1.40 is too old.", ApiVersion{}},
           {"client is too old, minimum supported API version is x",
            ApiVersion{}},
       }) {
    CAPTURE(message);
    CHECK(ParseApiVersionRejection(message) == nearest);
  }
}

TEST_CASE("Other errors are no rejection of the API version") {
  for (const char* message :
       {// Daemons repeat the caller's filters.
        "Invalid filter 'client too old'",
        "invalid filter 'client version 1.40 is too old. Minimum supported API "
        "version is 1.12'",
        "client version mismatch", "Invalid filter 'client'",
        "the kernel is too old", ""}) {
    CAPTURE(message);
    CHECK_FALSE(ParseApiVersionRejection(message));
  }
}
