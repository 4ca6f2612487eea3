// SPDX-License-Identifier: Apache-2.0

#include "tests/integration/node.h"

using namespace containercollector;
using namespace containercollector::test;

namespace {

std::string Malformed(const Node& node, const std::string& why) {
  return "The answer of the Docker daemon at " + node.host() +
         " to GET /containers/json is malformed: " + why +
         ". Check that it is a Docker daemon that listens there, and look at "
         "its log.";
}

/// The middle of the text is libcurl's and changes with its version.
void CheckNotHttp(Node& node,
                  const std::string& end =
                      ". Check that it is a Docker daemon that listens "
                      "there.") {
  const Response response = node.Post();
  const std::string begin =
      "The answer of the Docker daemon at " + node.host() +
      " to GET /v1.40/containers/json is not valid HTTP: ";
  CAPTURE(response.body);
  REQUIRE(response.body.size() > begin.size() + end.size());
  CHECK(response.body.substr(0, begin.size()) == begin);
  CHECK(response.body.substr(response.body.size() - end.size()) == end);
  CheckFailed(response, ErrorCode::kResponseMalformed, response.body);
  CheckRecovers(node);
}

void CheckMalformed(const std::string& body, const std::string& why) {
  Node node;
  node.Start(RespondWith(ResponseBytes(200, kJson, body)));
  CheckFailed(node.Post(), ErrorCode::kResponseMalformed, Malformed(node, why));
  CheckRecovers(node);
}

}  // namespace

TEST_CASE(
    "A response that is not the API's JSON is malformed, and never an empty "
    "list") {
  SECTION("empty body") {
    CheckMalformed("", "invalid JSON at byte 0: The document is empty");
  }
  SECTION("page of a proxy") {
    CheckMalformed("<html>ok</html>", "invalid JSON at byte 0: Invalid value");
  }
  SECTION("compressed bytes") {
    CheckMalformed("\x1F\x8B\x08", "invalid JSON at byte 0: Invalid value");
  }
  SECTION("object") {
    CheckMalformed("{}", "expected an array, got an object");
  }
  SECTION("wrong type") {
    CheckMalformed(R"([{},{"Ports":[{"PrivatePort":70000}]}])",
                   "[1].Ports[0].PrivatePort: expected a whole number from 0 "
                   "to 65535, got 70000");
  }
  SECTION("something after the array") {
    CheckMalformed(std::string("[]\0[]", 5),
                   "invalid JSON at byte 2: a NUL byte follows the value");
  }
  SECTION("endless nesting") {
    CheckMalformed(R"([{"Zed":)" + std::string(1'000'000, '['),
                   "nested more than 10000 deep");
  }
}

TEST_CASE("A body without a length that ends within the JSON is malformed") {
  Node node;
  node.Start(RespondAndClose(UntilClose(200, kJson, "[{\"Id\":\"a1\"}")));
  CheckFailed(node.Post(), ErrorCode::kResponseMalformed,
              Malformed(node,
                        "invalid JSON at byte 12: Missing a comma or ']' "
                        "after an array element"));
  CheckRecovers(node);
}

TEST_CASE("Bytes that are not HTTP are malformed") {
  Node node;
  node.Start(RespondAndClose(HttpGarbage()));
  CheckNotHttp(node,
               ". Another service listens there, such as containerd or another "
               "gRPC server: write the endpoint of the Docker daemon.");
}

TEST_CASE("Invalid chunks are malformed") {
  Node node;
  node.Start(RespondAndClose(ChunkedHead(200, kJson) + "xyz\r\n[]\r\n"));
  CheckNotHttp(node);
}

TEST_CASE("Headers and trailers over their limit are malformed") {
  Node node;
  SECTION("many headers") {
    node.Start([](const Request&, Exchange& exchange) {
      exchange.Send(HeadWithoutEnd(GoodResponse()));
      exchange.SendRepeated("X-Padding: 0123456789\r\n", 1'000'000);
    });
  }
  SECTION("one long header") {
    node.Start([](const Request&, Exchange& exchange) {
      exchange.Send(HeadWithoutEnd(GoodResponse()) + "X-Padding: ");
      exchange.SendRepeated("0123456789", 1'000'000);
    });
  }
  SECTION("trailers after the last chunk") {
    node.Start([](const Request&, Exchange& exchange) {
      exchange.Send(ChunkedHead(200, kJson) + Chunk("[]") + "0\r\n");
      exchange.SendRepeated("X-Padding: 0123456789\r\n", 100'000'000);
    });
  }
  CheckFailed(node.Post(), ErrorCode::kResponseMalformed,
              "The answer of the Docker daemon at " + node.host() +
                  " to GET /v1.40/containers/json is not valid HTTP: its "
                  "headers are larger than the limit of 65536 bytes. Check "
                  "that it is a Docker daemon that listens there.");
  CheckRecovers(node);
}

TEST_CASE("A gRPC server in the place of the daemon has its own text") {
  // What an HTTP/2 server sends first: an empty SETTINGS frame.
  Node node;
  node.Start(RespondAndClose(std::string("\0\0\0\4\0\0\0\0\0", 9)));
  CheckNotHttp(node,
               ". Another service listens there, such as containerd or another "
               "gRPC server: write the endpoint of the Docker daemon.");
}

TEST_CASE(
    "A response over the limit ends the call as soon as it passes the limit") {
  RuntimeOptions options = Node::PatientOptions();
  options.max_response_bytes = 1000;
  Node node(options);
  const auto endless = [](const std::string& head, const std::string& unit) {
    return [=](const Request&, Exchange& exchange) {
      exchange.Send(head);
      // Ends when the client closes the connection.
      exchange.SendRepeated(unit, std::uint64_t{1} << 32);
    };
  };
  SECTION("its length is given") {
    node.Start(endless(ResponseHead(200, kJson, std::uint64_t{1} << 40), " "));
  }
  SECTION("it comes in chunks") {
    node.Start(endless(ChunkedHead(200, kJson), Chunk(std::string(100, ' '))));
  }
  SECTION("one byte more") {
    node.Start(
        RespondWith(ResponseBytes(200, kJson, std::string(999, ' ') + "[]")));
  }
  CheckFailed(node.Post(), ErrorCode::kResponseTooLarge,
              "The answer of the Docker daemon at " + node.host() +
                  " to GET /v1.40/containers/json is larger than the limit of "
                  "1000 bytes. Narrow it with filters or "
                  "limit, or allow larger answers.");
  CheckRecovers(node);
}

TEST_CASE("A response as large as the limit is accepted") {
  RuntimeOptions options = Node::PatientOptions();
  options.max_response_bytes = 1000;
  Node node(options);
  node.Start(RespondWith(Chunked(200, kJson, std::string(998, ' ') + "[]", 7)));
  CHECK(node.Post().body == "[]");
}
