// SPDX-License-Identifier: Apache-2.0

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
    const std::string page = HtmlErrorPage(502);
    std::string body = page.substr(page.find("\r\n\r\n") + 4);
    body.erase(body.find_last_not_of(" \r\n") + 1);
    CheckDaemonError(page, "Error response from daemon: " + body);
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
