// SPDX-License-Identifier: Apache-2.0

#include "tests/support/http_client.h"

#include <string>

#include "tests/support/catch.h"
#include "tests/support/scripted_node.h"

namespace containercollector::test {

TEST_CASE("The client reads responses of every framing that it knows") {
  const std::string body(5000, 'x');
  ScriptedNode node;
  SECTION("with a length") {
    node.Start(RespondWith(ResponseBytes(200, kJson, body)));
  }
  SECTION("in chunks") {
    node.Start(RespondWith(Chunked(200, kJson, body, 700)));
  }
  const HttpResponse response = Get(node.host(), "/x");
  CHECK(response.status == 200);
  CHECK(response.body == body);
  CHECK(response.Header("content-type") == kJson);
  CHECK(response.Header("absent").empty());
}

TEST_CASE("A response that is cut off has no status") {
  ScriptedNode node;
  SECTION("with a length") {
    node.Start(
        RespondAndClose(WithHalfTheBody(ResponseBytes(200, kJson, "[]"))));
  }
  SECTION("in chunks") {
    node.Start(
        RespondAndClose(WithHalfTheBody(Chunked(200, kJson, "[1,2]", 2))));
  }
  SECTION("before the end of the head") {
    node.Start(RespondAndClose(HeadWithoutEnd(GoodResponse())));
  }
  CHECK(Get(node.host(), "/x").status == 0);
}

}  // namespace containercollector::test
