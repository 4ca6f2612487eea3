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
  /// Of the response's message, and of what is in it.
  const char* message;
  const char* entry;

  /// Whether the collection fails with the call.
  bool is_list() const {
    return std::string_view(method).substr(0, 4) == "List";
  }
};

/// Bytes that are no message, and what the text says of them.
struct Garbage {
  const char* bytes;
  bool in_entry;
  const char* why;
};

Place AnyPlace() {
  return GENERATE(
      Place{"ListContainers", "runtime.v1.RuntimeService/ListContainers",
            "message", "containers[0]"},
      Place{"ListPodSandbox", "runtime.v1.RuntimeService/ListPodSandbox",
            "message", "items[0]"},
      Place{"ContainerStatus",
            "runtime.v1.RuntimeService/ContainerStatus of c0ffee00c0ff",
            "status", "status"},
      Place{"PodSandboxStatus",
            "runtime.v1.RuntimeService/PodSandboxStatus of 5a0db0c5", "status",
            "status"});
}

std::string AnswerOf(const CriTestNode& node, const Place& place) {
  return "The answer of the container runtime at " + node.endpoint() + " to " +
         place.text;
}

/// Checks that a list that fails fails the collection, and that a status that
/// fails makes one entry incomplete, for this reason.
void CheckFails(CriTestNode& node, const Place& place, ErrorCode code,
                const std::string& text) {
  if (place.is_list()) {
    CheckCriFailed(node.Post(), code, text);
  } else {
    CheckIncomplete(node, code, text);
  }
  CheckRecovers(node);
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
  CheckFails(node, place, ErrorCode::kResponseTruncated,
             "The container runtime at " + node.endpoint() +
                 " cut off its answer to " + place.text + " after " +
                 std::to_string(half) +
                 " bytes. It may have been stopped or restarted: try "
                 "again, then look at its log.");
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
  CheckFails(node, place, ErrorCode::kResponseTruncated,
             "The container runtime at " + node.endpoint() +
                 " gave up its answer to " + place.text + " after " +
                 std::to_string(bytes) +
                 " bytes, without a gRPC status: INTERNAL_ERROR. Try again, "
                 "then look at its log.");
}

TEST_CASE("A connection that closes without a byte is truncated") {
  const Place place = AnyPlace();
  INFO(place.text);
  CriTestNode node;
  StartChanging(node, place, [](RuntimeResponse& response) {
    response.body.clear();
    response.end = End::kClose;
  });
  CheckFails(node, place, ErrorCode::kResponseTruncated,
             "The container runtime at " + node.endpoint() +
                 " closed the connection without an answer to " + place.text +
                 ". It may have been stopped or restarted: try again, then "
                 "look at its log.");
}

TEST_CASE("A response without trailers is truncated, whatever its message") {
  const Place place = AnyPlace();
  INFO(place.text);
  CriTestNode node;
  const std::size_t bytes = MessageOf(place.method).size() + 5;
  StartChanging(node, place, [](RuntimeResponse& response) {
    response.end = End::kNoTrailers;
  });
  CheckFails(node, place, ErrorCode::kResponseTruncated,
             AnswerOf(node, place) + " ended without a gRPC status after " +
                 std::to_string(bytes) +
                 " bytes. The runtime may have been stopped or restarted: "
                 "try again, then look at its log.");
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
  CheckFails(node, place, ErrorCode::kResponseMalformed,
             AnswerOf(node, place) + " is not valid gRPC: it announces " +
                 std::to_string(announced) + " bytes, and has " +
                 std::to_string(bytes) + kCheckWhoListens);
}

TEST_CASE("A response with less than a prefix is malformed") {
  const Place place = AnyPlace();
  INFO(place.text);
  CriTestNode node;
  StartChanging(node, place,
                [](RuntimeResponse& response) { response.body.resize(3); });
  CheckFails(node, place, ErrorCode::kResponseMalformed,
             AnswerOf(node, place) +
                 " is not valid gRPC: it has 3 bytes, and a message begins "
                 "with 5" +
                 kCheckWhoListens);
}

TEST_CASE("A compressed message is malformed") {
  const Place place = AnyPlace();
  INFO(place.text);
  CriTestNode node;
  StartChanging(node, place,
                [](RuntimeResponse& response) { response.body[0] = 1; });
  CheckFails(node, place, ErrorCode::kResponseMalformed,
             AnswerOf(node, place) + " is compressed, which was not asked for" +
                 kCheckWhoListens);
}

TEST_CASE("HTTP without gRPC is malformed") {
  const Place place = AnyPlace();
  INFO(place.text);
  CriTestNode node;
  SECTION("another status") {
    StartChanging(node, place, [](RuntimeResponse& response) {
      response.http_status = 502;
    });
    CheckFails(node, place, ErrorCode::kResponseMalformed,
               AnswerOf(node, place) + " is not gRPC: it has HTTP status 502" +
                   kCheckWhoListens);
  }
  SECTION("another content type") {
    StartChanging(node, place, [](RuntimeResponse& response) {
      response.headers = {{"content-type", "text/html"}};
    });
    CheckFails(node, place, ErrorCode::kResponseMalformed,
               AnswerOf(node, place) +
                   " is not gRPC: its content type is \"text/html\"" +
                   kCheckWhoListens);
  }
}

TEST_CASE("Bytes that are no protobuf are malformed, and never a list") {
  const Place place = AnyPlace();
  INFO(place.text);
  CriTestNode node;
  const Garbage garbage =
      GENERATE(Garbage{"\x0a\xff", true, "end of buffer exception"},
               Garbage{"\x07", false, "invalid tag exception"},
               Garbage{"garbage", false, "unknown pbf field type exception"},
               Garbage{"\x0a\x02\x0a\x7f", true, "end of buffer exception"});
  StartChanging(node, place, [garbage](RuntimeResponse& response) {
    response.body = GrpcFrame(garbage.bytes);
  });
  CheckFails(node, place, ErrorCode::kResponseMalformed,
             AnswerOf(node, place) + " is malformed: " +
                 (garbage.in_entry ? place.entry : place.message) + ": " +
                 garbage.why + kCheckWhoListens);
}

TEST_CASE("A response over the limit is an error that names the limit") {
  RuntimeOptions options = CriTestNode::PatientOptions();
  options.max_response_bytes = 50'000;
  CriTestNode node(options);
  const Place place = AnyPlace();
  INFO(place.text);
  StartChanging(node, place, [](RuntimeResponse& response) {
    // An unknown field, which is skipped.
    std::string message = *GrpcMessage(response.body);
    message += "\x92\x03\xa0\x8d\x06" + std::string(100'000, 'x');
    response.body = GrpcFrame(message);
  });
  CheckFails(node, place, ErrorCode::kResponseTooLarge,
             AnswerOf(node, place) +
                 " is larger than the limit of 50000 bytes. Narrow it with "
                 "filters or all=0, or allow larger answers.");
}

TEST_CASE("Containers that take too much memory are an error with advice") {
  RuntimeOptions options = CriTestNode::PatientOptions();
  options.max_response_bytes = 50'000;
  CriTestNode node(options);
  CriNode large = OnePod();
  large.sandboxes[0].name = std::string(10'000, 'x');
  large.containers.resize(40, large.containers.front());
  for (std::size_t i = 0; i < large.containers.size(); ++i)
    large.containers[i].id = std::to_string(i);
  node.Start(GoodRuntime(large));
  CheckCriFailed(
      node.Post(), ErrorCode::kResponseTooLarge,
      "The containers of the container runtime at " + node.endpoint() +
          " take more memory than the limit of 150000 bytes, 3 times that of "
          "a response. Remove dead containers, ask with all=0 or filters, or "
          "allow larger responses.");
  CheckRecovers(node);
}
