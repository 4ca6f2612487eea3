// SPDX-License-Identifier: Apache-2.0

#include <atomic>

#include "tests/integration/node.h"
#include "tests/support/error_of.h"

using namespace containercollector;
using namespace containercollector::test;

namespace {

void CheckDaemonError(const std::string& response, const std::string& text) {
  Node node;
  node.Start(RespondWith(response));
  CheckFailed(node.Post(), ErrorCode::kDaemonError, text);
  CheckRecovers(node);
}

}  // namespace

TEST_CASE("The text of an error holds the daemon's message") {
  SECTION("500") {
    CheckDaemonError(DaemonError(500, "layer does not exist"),
                     "Error response from daemon: layer does not exist");
  }
  SECTION("404") {
    CheckDaemonError(PageNotFound(),
                     "Error response from daemon: page not found");
  }
  SECTION("plain text, as old daemons send it") {
    CheckDaemonError(ResponseBytes(500, kPlainText, " no such layer \n"),
                     "Error response from daemon: no such layer");
  }
  SECTION("HTML") {
    CheckDaemonError(HtmlErrorPage(502),
                     "Error response from daemon: status 502: Bad Gateway. A "
                     "proxy may be in between: check that it reaches the "
                     "Docker daemon.");
  }
  SECTION("nothing") {
    CheckDaemonError(ResponseBytes(503, kJson, ""),
                     "Error response from daemon: status 503 without a "
                     "message. Look at the daemon's log.");
  }
  SECTION("very long") {
    CheckDaemonError(
        ResponseBytes(500, kPlainText, std::string(10'000, 'x')),
        "Error response from daemon: " + std::string(4096, 'x') + "...");
  }
  SECTION("not UTF-8") {
    CheckDaemonError(ResponseBytes(500, kPlainText,
                                   "a\xFF"
                                   "b"),
                     "Error response from daemon: a\xEF\xBF\xBD"
                     "b");
  }
}

TEST_CASE("A filter that the daemon rejects is the caller's error") {
  Node node;
  node.Start(RespondWith(DaemonError(400, "Invalid filter 'nope'")));
  const Response response =
      node.Post("filters=%7B%22nope%22%3A%5B%221%22%5D%7D");
  CHECK(response.status == 400);
  CHECK(response.body == "Error response from daemon: Invalid filter 'nope'");
  CHECK(response.error == ErrorCode::kRequestRejected);
  CheckRecovers(node);
}

TEST_CASE("A 400 without list options is not the caller's error") {
  CheckDaemonError(DaemonError(400, "Bad parameters"),
                   "Error response from daemon: Bad parameters");
}

TEST_CASE("A 400 that is not Docker's is not the caller's error") {
  // HTTP/1.0, without a Content-Length or a Content-Type.
  const auto http10 = [](const std::string& status, const std::string& more) {
    return RespondAndClose("HTTP/1.0 " + status + "\r\n" + more);
  };
  const std::string options = "limit=1&size=1";
  Node node;
  SECTION("a TLS port") {
    node.Start(http10("400 Bad Request",
                      "\r\nClient sent an HTTP request to an HTTPS server.\n"));
    CheckFailed(node.Post(options), ErrorCode::kTlsFailed,
                "Error response from daemon: Client sent an HTTP request to an "
                "HTTPS server. The daemon speaks TLS: use https:// or set "
                "DOCKER_CERT_PATH.");
  }
  SECTION("a proxy") {
    node.Start(http10("403 Forbidden",
                      "Content-Type: text/html\r\n\r\n<html><body><h1>403 "
                      "Forbidden</h1>\nRequest forbidden by administrative "
                      "rules.\n</body></html>\n"));
    CheckFailed(node.Post(options), ErrorCode::kDaemonError,
                "Error response from daemon: status 403: Forbidden. A proxy "
                "may be in between: allow GET /containers/json.");
  }
  SECTION("plain text") {
    node.Start(http10("400 Bad Request", "\r\n400 Bad Request"));
    CheckFailed(node.Post(options), ErrorCode::kDaemonError,
                "Error response from daemon: 400 Bad Request. Check that it is "
                "a Docker daemon that listens there.");
  }
  CheckRecovers(node);
}

TEST_CASE("A container to compare with that is not there is a wrong option") {
  Node node;
  ScriptedDaemon& daemon =
      node.Start(RespondWith(DaemonError(404, "No such container: nosuch")));
  const Response response =
      node.Post("filters=%7B%22before%22%3A%5B%22nosuch%22%5D%7D");
  CHECK(response.status == 400);
  CHECK(response.body ==
        "Error response from daemon: No such container: nosuch");
  CHECK(response.error == ErrorCode::kRequestRejected);
  CHECK(daemon.Requests().size() == 1);
}

TEST_CASE("A list during which a container is removed is tried once more") {
  const std::string race =
      "container 0a11b22c33d4 does not exist in database: no such container";
  std::atomic<int> races{1};
  Node node;
  ScriptedDaemon& daemon =
      node.Start([&](const Request& /*request*/, Exchange& exchange) {
        exchange.Send(races-- > 0 ? DaemonError(500, race) : GoodResponse());
      });
  SECTION("it succeeds") { CheckCollected(node.Post()); }
  SECTION("it fails again") {
    races = 2;
    CheckFailed(node.Post(), ErrorCode::kDaemonError,
                "Error response from daemon: " + race);
  }
  CHECK(daemon.Requests().size() == 2);
}

TEST_CASE("A list is tried once more only within its time limit") {
  RuntimeOptions options;
  options.timeout = std::chrono::milliseconds(500);
  Node node(options);
  std::atomic<bool> raced{false};
  node.Start([&](const Request& /*request*/, Exchange& exchange) {
    if (raced.exchange(true)) return exchange.Hang();
    exchange.Send(DaemonError(500, "no such container"));
  });
  CheckFailed(node.Post(), ErrorCode::kTimeout,
              "The Docker daemon at " + node.host() +
                  " did not finish its answer to GET /v1.40/containers/json "
                  "within 500ms (0 bytes came). It may hang: look at its log, "
                  "or allow more time.");
}

TEST_CASE("A redirect is not followed") {
  CheckDaemonError(
      ResponseBytes(301, kPlainText, "", {{"Location", "http://127.0.0.1:1/"}}),
      "Error response from daemon: status 301 without a message. Look at the "
      "daemon's log.");
}

TEST_CASE("A success without content is not an empty list") {
  CheckDaemonError("HTTP/1.1 204 No Content\r\n\r\n",
                   "Error response from daemon: status 204 without a message. "
                   "Look at the daemon's log.");
}

TEST_CASE("An error holds the status of the daemon's response") {
  Node node;
  node.Start(RespondWith(DaemonError(409, "conflict")));
  const Error error = ErrorOf([&] { return node.client().ListContainers(); });
  CHECK(error.http_status() == 409);
  CHECK(error.code() == ErrorCode::kDaemonError);
}

TEST_CASE(
    "A truncated error response is truncated, not an error of the daemon") {
  Node node;
  node.Start(RespondAndClose(
      WithHalfTheBody(DaemonError(500, "layer does not exist"))));
  CHECK(node.Post().error == ErrorCode::kResponseTruncated);
  CheckRecovers(node);
}
