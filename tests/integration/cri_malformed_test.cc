// SPDX-License-Identifier: Apache-2.0

#include <chrono>
#include <cstddef>
#include <string>

#include "tests/integration/cri_node.h"

using namespace containercollector;
using namespace containercollector::test;
using End = RuntimeResponse::End;

namespace {

const std::string kCheckWhoListens =
    ". Check that it is a container runtime that listens there.";

/// A call in which a runtime can misbehave, and its name in texts.
struct Place {
  const char* method;
  const char* text;
};

Place AnyPlace() {
  return GENERATE(
      Place{"ListContainers", "runtime.v1.RuntimeService/ListContainers"},
      Place{"ListPodSandbox", "runtime.v1.RuntimeService/ListPodSandbox"},
      Place{"ContainerStatus",
            "runtime.v1.RuntimeService/ContainerStatus of c0ffee00c0ff"},
      Place{"PodSandboxStatus",
            "runtime.v1.RuntimeService/PodSandboxStatus of 5a0db0c5"});
}

std::string AnswerOf(const CriTestNode& node, const Place& place) {
  return "The answer of the container runtime at " + node.endpoint() + " to " +
         place.text;
}

/// Starts a runtime whose responses to these calls are changed.
template <typename Change>
void StartChanging(CriTestNode& node, const Place& place, Change change) {
  node.Start(Changing(GoodRuntime(OnePod()), place.method, change));
}

}  // namespace

TEST_CASE("A message that is cut off with the connection is truncated") {
  const Place place = AnyPlace();
  INFO(place.text);
  CriTestNode node;
  const std::size_t half = MessageOf(place.method).size() / 2;
  StartChanging(node, place, [half](RuntimeResponse& response) {
    response.body.resize(half);
    response.end = End::kClose;
  });
  const Response response = node.Post();
  // libcurl may see the end of the connection before it passes the bytes on.
  const std::string what =
      response.body.find(" cut off ") != std::string::npos
          ? " cut off its answer to " + std::string(place.text) + " after " +
                std::to_string(half) + " bytes"
          : " closed the connection without an answer to " +
                std::string(place.text);
  CheckCriFailed(response, ErrorCode::kResponseTruncated,
                 "The container runtime at " + node.endpoint() + what +
                     ". It may have been stopped or restarted: try again, then "
                     "look at its log.");
  CheckRecovers(node);
}

TEST_CASE("A stream that is reset is truncated, with or without bytes") {
  const Place place = AnyPlace();
  INFO(place.text);
  CriTestNode node;
  const std::size_t bytes = GENERATE(0, 10);
  StartChanging(node, place, [bytes](RuntimeResponse& response) {
    response.body.resize(bytes);
    response.end = End::kReset;
  });
  const Response response = node.Post();
  REQUIRE(response.error);
  CHECK(ToString(*response.error) == "response_truncated");
  INFO(response.body);
  // libcurl's words are between.
  const std::string begin = "The container runtime at " + node.endpoint() +
                            " gave up its answer to " + place.text + " after ";
  const std::string end = ". Try again, then look at its log.";
  CHECK(response.body.rfind(begin, 0) == 0);
  CHECK(response.body.find(" bytes, without a gRPC status: ") !=
        std::string::npos);
  CHECK(response.body.size() > end.size());
  CHECK(response.body.compare(response.body.size() - end.size(), end.size(),
                              end) == 0);
  CheckRecovers(node);
}

TEST_CASE("A connection that closes without a byte is truncated") {
  const Place place = AnyPlace();
  INFO(place.text);
  CriTestNode node;
  StartChanging(node, place, [](RuntimeResponse& response) {
    response.body.clear();
    response.end = End::kClose;
  });
  CheckCriFailed(node.Post(), ErrorCode::kResponseTruncated,
                 "The container runtime at " + node.endpoint() +
                     " closed the connection without an answer to " +
                     place.text +
                     ". It may have been stopped or restarted: try again, then "
                     "look at its log.");
  CheckRecovers(node);
}

TEST_CASE("A response without trailers is truncated, whatever its message") {
  const Place place = AnyPlace();
  INFO(place.text);
  CriTestNode node;
  const std::size_t bytes = MessageOf(place.method).size() + 5;
  StartChanging(node, place, [](RuntimeResponse& response) {
    response.end = End::kNoTrailers;
  });
  CheckCriFailed(node.Post(), ErrorCode::kResponseTruncated,
                 AnswerOf(node, place) + " ended without a gRPC status after " +
                     std::to_string(bytes) +
                     " bytes. The runtime may have been stopped or restarted: "
                     "try again, then look at its log.");
  CheckRecovers(node);
}

TEST_CASE("A wrong length before the message is malformed") {
  const Place place = AnyPlace();
  INFO(place.text);
  CriTestNode node;
  const std::size_t bytes = MessageOf(place.method).size();
  const std::uint32_t announced = GENERATE(0, 3, 4'000'000'000);
  StartChanging(node, place, [announced](RuntimeResponse& response) {
    response.body.replace(0, 5, GrpcPrefix(0, announced));
  });
  CheckCriFailed(node.Post(), ErrorCode::kResponseMalformed,
                 AnswerOf(node, place) + " is not valid gRPC: it announces " +
                     std::to_string(announced) + " bytes, and has " +
                     std::to_string(bytes) + kCheckWhoListens);
  CheckRecovers(node);
}

TEST_CASE("A response with less than a prefix is malformed") {
  const Place place = AnyPlace();
  INFO(place.text);
  CriTestNode node;
  StartChanging(node, place,
                [](RuntimeResponse& response) { response.body.resize(3); });
  CheckCriFailed(node.Post(), ErrorCode::kResponseMalformed,
                 AnswerOf(node, place) +
                     " is not valid gRPC: it has 3 bytes, and a message begins "
                     "with 5" +
                     kCheckWhoListens);
  CheckRecovers(node);
}

TEST_CASE("A compressed message is malformed") {
  const Place place = AnyPlace();
  INFO(place.text);
  CriTestNode node;
  StartChanging(node, place,
                [](RuntimeResponse& response) { response.body[0] = 1; });
  CheckCriFailed(node.Post(), ErrorCode::kResponseMalformed,
                 AnswerOf(node, place) +
                     " is compressed, which was not asked for" +
                     kCheckWhoListens);
  CheckRecovers(node);
}

TEST_CASE("HTTP without gRPC is malformed") {
  const Place place = AnyPlace();
  INFO(place.text);
  CriTestNode node;
  SECTION("another status") {
    StartChanging(node, place, [](RuntimeResponse& response) {
      response.http_status = 502;
    });
    CheckCriFailed(node.Post(), ErrorCode::kResponseMalformed,
                   AnswerOf(node, place) +
                       " is not gRPC: it has HTTP status 502" +
                       kCheckWhoListens);
  }
  SECTION("another content type") {
    StartChanging(node, place, [](RuntimeResponse& response) {
      response.headers = {{"content-type", "text/html"}};
    });
    CheckCriFailed(node.Post(), ErrorCode::kResponseMalformed,
                   AnswerOf(node, place) +
                       " is not gRPC: its content type is \"text/html\"" +
                       kCheckWhoListens);
  }
  CheckRecovers(node);
}

TEST_CASE("Bytes that are no protobuf are malformed, and never a list") {
  const Place place = AnyPlace();
  INFO(place.text);
  CriTestNode node;
  const std::string garbage = GENERATE(as<std::string>(), "\x0a\xff", "\x07",
                                       "garbage", "\x0a\x02\x0a\x7f");
  StartChanging(node, place, [garbage](RuntimeResponse& response) {
    response.body = GrpcFrame(garbage);
  });
  const Response response = node.Post();
  CHECK(response.status == 500);
  REQUIRE(response.error);
  CHECK(ToString(*response.error) == "response_malformed");
  CHECK(response.body.rfind(AnswerOf(node, place) + " is malformed: ", 0) == 0);
  CHECK(response.body.find(kCheckWhoListens) != std::string::npos);
  CheckRecovers(node);
}

TEST_CASE("A response over the limit is an error that names the limit") {
  CriClientOptions options = CriTestNode::PatientOptions();
  options.max_response_bytes = 1000;
  CriTestNode node(options);
  CriNode large = OnePod();
  large.containers[0].labels = {{"long", std::string(100'000, 'x')}};
  node.Start(GoodRuntime(large));
  CheckCriFailed(
      node.Post(), ErrorCode::kResponseTooLarge,
      "The answer of the container runtime at " + node.endpoint() +
          " to runtime.v1.RuntimeService/ListContainers is larger than the "
          "limit of 1000 bytes, for which all answers about single containers "
          "count together. Allow larger answers.");
  CheckRecovers(node);
}

TEST_CASE("Statuses that are large only together are over the limit") {
  CriClientOptions options = CriTestNode::PatientOptions();
  options.max_response_bytes = 20'000;
  CriTestNode node(options);
  CriNode many = OnePod();
  many.containers.resize(30, many.containers.front());
  for (std::size_t i = 0; i < many.containers.size(); ++i)
    many.containers[i].id = "container-" + std::to_string(i);
  const std::string status = ContainerStatusResponse(many.containers.front());
  node.Start(Changing(GoodRuntime(many), "ContainerStatus",
                      [](RuntimeResponse& response) {
                        // An unknown field, which is skipped.
                        std::string message = *GrpcMessage(response.body);
                        message += "\x92\x03\xe8\x07" + std::string(1000, 'x');
                        response.body = GrpcFrame(message);
                      }));
  const Response response = node.Post();
  REQUIRE(response.error);
  CHECK(ToString(*response.error) == "response_too_large");
  CheckRecovers(node);
}
