// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "lib/src/cri/grpc.h"
#include "tests/support/catch.h"

using namespace containercollector::internal;
using namespace std::string_literals;

namespace {

HttpResponse ResponseWith(std::string body, std::string grpc_status = "0",
                          std::string grpc_message = "") {
  HttpResponse response;
  response.status = 200;
  response.headers = {{"content-type", "application/grpc"}};
  response.trailers = {{"grpc-status", std::move(grpc_status)},
                       {"grpc-message", std::move(grpc_message)}};
  response.body = std::move(body);
  return response;
}

std::string MessageOf(HttpResponse response) {
  const GrpcResult result = ParseGrpcResult(std::move(response));
  CHECK_FALSE(result.failure);
  return result.message;
}

Failure FailureOf(HttpResponse response) {
  return ParseGrpcResult(std::move(response)).failure.value();
}

/// Checks the failure of a complete response that is not gRPC.
void CheckMalformed(HttpResponse response, const std::string& what) {
  const Failure failure = FailureOf(std::move(response));
  CHECK(failure.kind == FailureKind::kMalformed);
  CHECK(failure.detail == what);
}

}  // namespace

TEST_CASE("A gRPC message follows a flag and its length") {
  CHECK(FrameMessage("") == "\0\0\0\0\0"s);
  CHECK(FrameMessage("ab") == "\0\0\0\0\2ab"s);
  const std::string large(0x010203, 'x');
  CHECK(FrameMessage(large).substr(0, 6) == "\0\0\1\2\3x"s);
  CHECK(MessageOf(ResponseWith("\0\0\0\0\2ab"s)) == "ab");
  CHECK(MessageOf(ResponseWith("\0\0\0\0\0"s)).empty());
  CHECK(MessageOf(ResponseWith(FrameMessage(large))) == large);
}

TEST_CASE("A gRPC status other than 0 is a failure, whatever the body") {
  for (const auto& [code, name] : {std::pair{1, "CANCELLED"},
                                   {2, "UNKNOWN"},
                                   {5, "NOT_FOUND"},
                                   {9, "FAILED_PRECONDITION"},
                                   {12, "UNIMPLEMENTED"},
                                   {14, "UNAVAILABLE"},
                                   {16, "UNAUTHENTICATED"},
                                   {17, "17"},
                                   {999, "999"}}) {
    const auto result =
        ParseGrpcResult(ResponseWith("junk", std::to_string(code), "no way"));
    CHECK(result.HasStatus(code));
    CHECK_FALSE(result.HasStatus(code + 1));
    CHECK(result.failure->detail == std::string("no way (") + name + ")");
  }
  CHECK(FailureOf(ResponseWith("", "2")).detail == "no message (UNKNOWN)");
}

TEST_CASE("The message of a gRPC status is decoded to valid UTF-8") {
  for (const auto& [text, decoded] :
       {std::pair{"a%20b%C3%a4"s, "a b\xC3\xA4"s},
        {"100%", "100%"},
        {"%2", "%2"},
        {"%zz%2", "%zz%2"},
        {"%4z%-1", "%4z%-1"},
        {"%41", "A"},
        {"%FF", "\xEF\xBF\xBD"},
        {std::string(5000, 'x'), std::string(4096, 'x') + "..."}}) {
    CHECK(FailureOf(ResponseWith("", "1", text)).detail ==
          decoded + " (CANCELLED)");
  }
}

TEST_CASE("The error of an incomplete gRPC message says what arrived") {
  const std::string few = " bytes, and a message begins with 5";
  CheckMalformed(ResponseWith("\0\0\0"s), "not valid gRPC: it has 3" + few);
  CheckMalformed(ResponseWith(""), "not valid gRPC: it has 0" + few);
  CheckMalformed(ResponseWith("\0\0\0\1\0abc"s),
                 "not valid gRPC: it announces 256 bytes, and has 3");
  CheckMalformed(ResponseWith("\0\0\0\0\2abc"s),
                 "not valid gRPC: it announces 2 bytes, and has 3");
  CheckMalformed(ResponseWith("\0\xFF\xFF\xFF\xFF"s),
                 "not valid gRPC: it announces 4294967295 bytes, and has 0");
  CheckMalformed(ResponseWith("\1\0\0\0\1a"s),
                 "compressed, which was not asked for");
}

TEST_CASE("A gRPC status is one number without signs or spaces") {
  HttpResponse response = ResponseWith("\0\0\0\0\1a"s);
  response.trailers.emplace_back("Grpc-Status", "0");
  CHECK(FailureOf(response).kind == FailureKind::kNoGrpcStatus);
  response.trailers.clear();
  CHECK(FailureOf(response).kind == FailureKind::kNoGrpcStatus);
  CHECK(FailureOf(response).bytes == 6);
  for (const char* status :
       {"", "x", "-1", "-0", "+0", " 0", "0 ", "0x", "0,0", "99999999999"}) {
    CAPTURE(status);
    CHECK(FailureOf(ResponseWith("\0\0\0\0\1a"s, status)).kind ==
          FailureKind::kNoGrpcStatus);
  }
}

TEST_CASE("A gRPC status is in the trailers, or in the only headers") {
  const auto status = [](const HttpResponse& response) {
    return FailureOf(response).grpc_status;
  };
  HttpResponse response = ResponseWith("\0\0\0\0\1a"s, "5");
  response.headers.emplace_back("grpc-status", "14");
  CHECK(status(response) == 5);
  response.trailers.clear();
  CHECK(FailureOf(response).kind == FailureKind::kNoGrpcStatus);
  response.body.clear();
  CHECK(status(response) == 14);
  response.trailers = {{"other", "x"}};
  CHECK(FailureOf(response).kind == FailureKind::kNoGrpcStatus);
}

TEST_CASE("The error of a response that is not gRPC says what it is") {
  HttpResponse response = ResponseWith("\0\0\0\0\1a"s);
  for (const char* type : {"application/grpc+proto", "application/grpc;x=1"}) {
    response.headers.front().second = type;
    CHECK(MessageOf(response) == "a");
  }
  for (const char* type :
       {"text/html", "application/grpcx", "application/grp", ""}) {
    response.headers.front().second = type;
    CheckMalformed(response, std::string("not gRPC: its content type is \"") +
                                 type + "\"");
  }
  response.status = 404;
  CheckMalformed(response, "not gRPC: it has HTTP status 404");
}

TEST_CASE("A gRPC status counts even if the stream is reset after it") {
  const auto kind = [](FailureKind failure, HttpResponse response) {
    response.failure.emplace().kind = failure;
    return FailureOf(std::move(response)).kind;
  };
  const auto reset = FailureKind::kStreamReset;
  const HttpResponse status = ResponseWith("", "12", "unknown service");
  CHECK(kind(reset, status) == FailureKind::kGrpcStatus);
  CHECK(kind(reset, ResponseWith("", "0")) == reset);
  CHECK(kind(reset, HttpResponse()) == reset);
  CHECK(kind(FailureKind::kTruncated, status) == FailureKind::kTruncated);
}
