// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <utility>

#include "lib/src/docker/messages.h"
#include "lib/src/query_string.h"
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

TEST_CASE("The text of an error response is the daemon's message or advice") {
  struct Case {
    int status;
    std::string body;
    std::string text;
    const char* type = "application/json";
  };
  for (const Case& c : {
           Case{500, R"({"message":"no layer"})", "no layer"},
           // As old daemons send it.
           Case{500, " no layer \n", "no layer", "text/plain"},
           Case{500, "\xFF", "\xEF\xBF\xBD"},
           Case{500, std::string(10'000, 'x'), std::string(4096, 'x') + "..."},
           Case{503, "",
                "status 503 without a message. Look at the daemon's log."},
           Case{400, "Bad Request.\n",
                "Bad Request. Check that it is a Docker daemon that listens "
                "there."},
           Case{400, "client is too old", "client is too old"},
           Case{403, "<html><body>403</body>\n",
                "status 403: Reason. A proxy may be in between: allow GET "
                "/info."},
           Case{502, " <!DOCTYPE html>",
                "status 502: Reason. A proxy may be in between: check that it "
                "reaches the Docker daemon."},
           Case{403, "denied",
                "status 403: Reason. A proxy may be in between: allow GET "
                "/info.",
                "text/html; charset=utf-8"},
       }) {
    const Error error =
        ErrorOf(ResponseOf(c.status, c.body, c.type), With("x", "y"));
    CHECK(error.what() == "Error response from daemon: " + c.text);
    CHECK(error.code() == ErrorCode::kDaemonError);
    CHECK(error.http_status() == c.status);
  }
  HttpResponse page = ResponseOf(418, "<html>");
  page.reason.clear();
  CHECK(std::string(ErrorOf(page).what()).find("daemon: status 418. A") !=
        std::string::npos);
}

TEST_CASE("The error of a TLS port says how to connect to it") {
  // Go, nginx and Apache.
  for (const auto& [body, text] :
       {std::pair{"Client sent an HTTP request to an HTTPS server.\n",
                  "Client sent an HTTP request to an HTTPS server"},
        {"<p>The plain HTTP request was sent to HTTPS port",
         "status 400: "
         "Reason"},
        {"<p>You're speaking plain HTTP to an SSL-enabled server port.",
         "status 400: Reason"}}) {
    const Error error = ErrorOf(ResponseOf(400, body));
    CHECK(error.what() ==
          std::string("Error response from daemon: ") + text +
              ". The daemon speaks TLS: use https:// or set DOCKER_CERT_PATH.");
    CHECK(error.code() == ErrorCode::kTlsFailed);
    CHECK(error.http_status() == 400);
  }
}

TEST_CASE("An error is the caller's fault, a race with a removal, or neither") {
  constexpr auto kRejected = ErrorCode::kRequestRejected;
  constexpr auto kFailed = ErrorCode::kDaemonError;
  const std::string filter = "Invalid filter 'x'";
  const std::string docker = "No such container: nosuch";
  const std::string podman = "no name or ID 'nosuch' found: no such container";
  const std::string race = "0a11 does not exist in database: no such container";
  ListOptions size;
  size.size = true;
  ListOptions limit;
  limit.limit = 1;
  struct Case {
    int status;
    std::string message;
    ListOptions options;
    ErrorCode code;
    bool is_race = false;
  };
  for (const Case& c : {
           Case{400, filter, With("x", "y"), kRejected},
           Case{400, filter, size, kRejected},
           Case{400, filter, limit, kRejected},
           Case{400, filter, {}, kFailed},
           Case{404, filter, size, kFailed},
           Case{500, filter, size, kFailed},
           Case{400, "client version 1.39 is too old.", size, kFailed},
           Case{404, docker, With("before", "nosuch"), kRejected},
           Case{404, docker, With("since", "nosuch"), kRejected},
           Case{404, docker, With("name", "nosuch"), kFailed, true},
           Case{500, podman, With("before", "nosuch"), kRejected},
           Case{500, race, With("before", "nosuch"), kFailed, true},
           Case{500, race, {}, kFailed, true},
           Case{500, "0a11 has already been removed", {}, kFailed, true},
           Case{500, "mount does not exist", {}, kFailed, true},
           Case{404, "No such container: 0a11", {}, kFailed, true},
           Case{404, "rw layer snapshot not found", {}, kFailed, true},
           Case{500, "database is locked", {}, kFailed},
           Case{400, "filter does not exist", {}, kFailed},
       }) {
    CAPTURE(c.status, c.message);
    const HttpResponse response =
        ResponseOf(c.status, R"({"message":")" + c.message + R"("})");
    CHECK(ErrorOf(response, c.options).code() == c.code);
    CHECK(IsRemovalRace(response, c.options) == c.is_race);
  }
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
  using Nearest = std::optional<ApiVersion>;
  for (const auto& [message, nearest] : {
           std::pair{"client version 1.40 is too old. Minimum supported API "
                     "version is 1.44, please upgrade your client",
                     Nearest({1, 44})},
           {"client version 1.40 is too new. Maximum supported API version is "
            "1.39",
            Nearest({1, 39})},
           {"client is newer than server (client API version: 1.40, server API "
            "version: 1.24)",
            Nearest({1, 24})},
           {"client is too old, minimum supported API version is 1.45, please "
            "upgrade",
            Nearest({1, 45})},
           {"client version 1.40 is too old.", ApiVersion{}},
           {"client is too old, minimum supported API version is x",
            ApiVersion{}},
           // Daemons repeat the caller's filters.
           {"Invalid filter 'client is too old'", std::nullopt},
           {"invalid filter 'client version 1.40 is too old. Minimum supported "
            "API version is 1.12'",
            std::nullopt},
           {"client version mismatch", std::nullopt},
           {"the kernel is too old", std::nullopt},
           {"", std::nullopt},
       }) {
    CAPTURE(message);
    CHECK(RejectionIn(ResponseOf(400, message)) == nearest);
    CHECK_FALSE(RejectionIn(ResponseOf(404, message)));
  }
}

TEST_CASE("Options become the query string that Docker's own client sends") {
  ListOptions options;
  CHECK(ListQuery(options) == "?all=1");
  options.limit = -5;
  CHECK(ListQuery(options) == "?all=1");
  options.limit = 3;
  options.size = true;
  options.filters.Add("status", "running")
      .Add("status", "paused")
      .Add("status", "running")
      .Add("label", "a=\"b\"");
  CHECK(
      ListQuery(options) ==
      "?all=1&limit=3&size=1&filters=" +
          PercentEncode(
              R"({"label":{"a=\"b\"":true},"status":{"paused":true,"running":true}})"));
  options = {};
  options.all = false;
  CHECK(ListQuery(options).empty());
}
