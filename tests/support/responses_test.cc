// SPDX-License-Identifier: Apache-2.0

#include "tests/support/responses.h"

#include <string>
#include <string_view>

#include "tests/support/catch.h"

namespace containercollector::test {
namespace {

const std::string kHead =
    "HTTP/1.1 200 OK\r\n"
    "Api-Version: 1.40\r\n"
    "Docker-Experimental: false\r\n"
    "Ostype: linux\r\n"
    "Server: Docker/19.03.15 (linux)\r\n"
    "Content-Type: application/json\r\n";

}  // namespace

TEST_CASE("a response tells its length, and whose it is") {
  CHECK(ResponseBytes(200, kJson, "[{}]") ==
        kHead + "Content-Length: 4\r\n\r\n[{}]");
}

TEST_CASE("a response may have neither Docker's headers nor a body") {
  CHECK(ResponseBytes(204, "", "", {}) ==
        "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("a chunked response ends with the empty chunk") {
  CHECK(Chunked(200, kJson, "0123456789abcdef0", 16) ==
        kHead +
            "Transfer-Encoding: chunked\r\n\r\n"
            "10\r\n0123456789abcdef\r\n1\r\n0\r\n0\r\n\r\n");
}

TEST_CASE("a response until the connection closes has no length") {
  CHECK(UntilClose(200, kJson, "[]") == kHead + "Connection: close\r\n\r\n[]");
}

TEST_CASE("an error is Docker's JSON, whatever the message") {
  const std::string error = DaemonError(500, "a \"b\" \\ \n");
  CHECK(error.rfind("HTTP/1.1 500 Internal Server Error\r\n", 0) == 0);
  CHECK(error.substr(HeadOf(error).size()) ==
        "{\"message\":\"a \\\"b\\\" \\\\ \\u000a\"}\n");
}

TEST_CASE("a response can be cut off in its body, chunks or head") {
  CHECK(WithHalfTheBody(ResponseBytes(200, kJson, "12345678")) ==
        kHead + "Content-Length: 8\r\n\r\n1234");
  CHECK(WithHalfTheBody(Chunked(200, kJson, "12345678", 4)) ==
        kHead + "Transfer-Encoding: chunked\r\n\r\n4\r\n1234\r\n4\r");
  CHECK(HeadWithoutEnd(ResponseBytes(200, kJson, "[]")) ==
        kHead + "Content-Length: 2\r\n");
}

}  // namespace containercollector::test
