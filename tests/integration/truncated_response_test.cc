// SPDX-License-Identifier: Apache-2.0

#include "tests/integration/node.h"

using namespace containercollector;
using namespace containercollector::test;

namespace {

std::string TruncatedText(const Node& node, const std::string& how) {
  return "The Docker daemon at " + node.host() + " " + how +
         ". It may have been stopped or restarted: try again, then look at its "
         "log.";
}

}  // namespace

TEST_CASE("A body that is shorter than its Content-Length is truncated") {
  Node node;
  node.Start(RespondAndClose(WithHalfTheBody(GoodResponse())));
  CheckFailed(
      node.Post(), ErrorCode::kResponseTruncated,
      TruncatedText(node,
                    "cut off its answer to GET /v1.40/containers/json after " +
                        std::to_string(kOneContainer.size() / 2) + " bytes"));
  CheckRecovers(node);
}

TEST_CASE("A chunked body without its last chunk is truncated") {
  Node node;
  SECTION("between chunks") {
    node.Start(RespondAndClose(ChunkedHead(200, kJson) + Chunk("[{}")));
  }
  SECTION("within a chunk") {
    node.Start(RespondAndClose(ChunkedHead(200, kJson) + "ff\r\n[{}"));
  }
  SECTION("whole JSON, no last chunk") {
    node.Start(RespondAndClose(ChunkedHead(200, kJson) + Chunk("[ ]")));
  }
  CheckFailed(
      node.Post(), ErrorCode::kResponseTruncated,
      TruncatedText(
          node,
          "cut off its answer to GET /v1.40/containers/json after 3 bytes"));
  CheckRecovers(node);
}

TEST_CASE("A connection that closes without a response has its own text") {
  Node node;
  SECTION("closed") { node.Start(CloseWithoutResponse()); }
  SECTION("closed within the head") {
    node.Start(RespondAndClose(HeadWithoutEnd(GoodResponse())));
  }
  CheckFailed(node.Post(), ErrorCode::kResponseTruncated,
              TruncatedText(node,
                            "closed the connection without an answer to GET "
                            "/v1.40/containers/json"));
  CheckRecovers(node);
}
