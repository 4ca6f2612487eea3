// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/grpc.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>

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

GrpcResult Parse(HttpResponse response) {
  return ParseGrpcResult({std::move(response), std::nullopt});
}

std::string MessageOf(HttpResponse response) {
  return std::get<std::string>(Parse(std::move(response)));
}

GrpcStatus StatusOf(HttpResponse response) {
  return std::get<GrpcStatus>(Parse(std::move(response)));
}

GrpcMalformed MalformedOf(HttpResponse response) {
  return std::get<GrpcMalformed>(Parse(std::move(response)));
}

}  // namespace

TEST_CASE("A gRPC message stands behind a flag and its length") {
  CHECK(FrameMessage("") == "\0\0\0\0\0"s);
  CHECK(FrameMessage("ab") == "\0\0\0\0\2ab"s);
  CHECK(FrameMessage(std::string(0x010203, 'x')).substr(0, 6) ==
        "\0\0\1\2\3x"s);
  CHECK(MessageOf(ResponseWith("\0\0\0\0\2ab"s)) == "ab");
  CHECK(MessageOf(ResponseWith("\0\0\0\0\0"s)).empty());
  const std::string large(0x010203, 'x');
  CHECK(MessageOf(ResponseWith(FrameMessage(large))) == large);
}

TEST_CASE("The type of a gRPC response may have a suffix") {
  HttpResponse response = ResponseWith("\0\0\0\0\1a"s);
  response.headers.front().second = "application/grpc+proto";
  CHECK(MessageOf(response) == "a");
}

TEST_CASE("A gRPC status other than 0 counts, whatever the body is") {
  const GrpcStatus status = StatusOf(ResponseWith("junk", "5", "not found"));
  CHECK(status.code == 5);
  CHECK(status.message == "not found");
  CHECK(StatusOf(ResponseWith("", "999")).code == 999);
}

TEST_CASE("The message of a gRPC status is decoded to valid UTF-8") {
  const auto message = [](const std::string& text) {
    return StatusOf(ResponseWith("", "2", text)).message;
  };
  CHECK(message("a%20b%C3%a4").compare("a b\xC3\xA4") == 0);
  CHECK(message("100%") == "100%");
  CHECK(message("%2") == "%2");
  CHECK(message("%zz%2") == "%zz%2");
  CHECK(message("%41") == "A");
  CHECK(message("%FF") == "\xEF\xBF\xBD");
  CHECK(message(std::string(5000, 'x')) == std::string(4096, 'x') + "...");
}

TEST_CASE("A gRPC response that is cut off or too long tells what came") {
  GrpcMalformed malformed = MalformedOf(ResponseWith("\0\0\0"s));
  CHECK(malformed.fault == GrpcFault::kNoMessage);
  CHECK(malformed.bytes == 3);
  malformed = MalformedOf(ResponseWith(""));
  CHECK(malformed.fault == GrpcFault::kNoMessage);
  malformed = MalformedOf(ResponseWith("\0\0\0\1\0abc"s));
  CHECK(malformed.fault == GrpcFault::kTooShort);
  CHECK(malformed.announced == 256);
  CHECK(malformed.bytes == 3);
  malformed = MalformedOf(ResponseWith("\0\0\0\0\2abc"s));
  CHECK(malformed.fault == GrpcFault::kTooLong);
  CHECK(malformed.announced == 2);
  CHECK(malformed.bytes == 3);
  malformed = MalformedOf(ResponseWith("\0\xFF\xFF\xFF\xFF"s));
  CHECK(malformed.announced == 0xFFFFFFFF);
}

TEST_CASE("A compressed gRPC response is malformed") {
  CHECK(MalformedOf(ResponseWith("\1\0\0\0\1a"s)).fault ==
        GrpcFault::kCompressed);
}

TEST_CASE("A gRPC status is one number without signs or spaces") {
  HttpResponse response = ResponseWith("\0\0\0\0\1a"s);
  response.trailers.emplace_back("Grpc-Status", "0");
  CHECK(MalformedOf(response).fault == GrpcFault::kNoStatus);
  response.trailers.clear();
  CHECK(MalformedOf(response).fault == GrpcFault::kNoStatus);
  for (const char* status :
       {"", "x", "-1", "-0", "+0", " 0", "0 ", "0x", "0,0", "99999999999"}) {
    CAPTURE(status);
    CHECK(MalformedOf(ResponseWith("\0\0\0\0\1a"s, status)).fault ==
          GrpcFault::kNoStatus);
  }
}

TEST_CASE("A gRPC status is in the trailers, or the headers are everything") {
  HttpResponse response = ResponseWith("\0\0\0\0\1a"s, "5");
  response.headers.emplace_back("grpc-status", "0");
  CHECK(StatusOf(response).code == 5);
  response.trailers.clear();
  CHECK(MalformedOf(response).fault == GrpcFault::kNoStatus);
  response.headers.back().second = "14";
  CHECK(MalformedOf(response).fault == GrpcFault::kNoStatus);
  response.body.clear();
  CHECK(StatusOf(response).code == 14);
  response.trailers = {{"other", "x"}};
  CHECK(MalformedOf(response).fault == GrpcFault::kNoStatus);
}

TEST_CASE("What is not gRPC says what it is") {
  HttpResponse response = ResponseWith("\0\0\0\0\1a"s);
  response.status = 404;
  CHECK(MalformedOf(response).fault == GrpcFault::kNotGrpc);
  CHECK(MalformedOf(response).detail == "it has HTTP status 404");
  response.status = 200;
  response.headers.front().second = "text/html";
  CHECK(MalformedOf(response).fault == GrpcFault::kNotGrpc);
  CHECK(MalformedOf(response).detail == "its content type is \"text/html\"");
  for (const char* type : {"application/grpcx", "application/grp", ""}) {
    CAPTURE(type);
    response.headers.front().second = type;
    CHECK(MalformedOf(response).fault == GrpcFault::kNotGrpc);
  }
}

TEST_CASE("A gRPC status counts though the stream was reset after it") {
  const auto result_of = [](FailureKind kind, HttpResponse response) {
    Failure failure;
    failure.kind = kind;
    return ParseGrpcResult({std::move(response), failure});
  };
  const auto status = ResponseWith("", "12", "unknown service");
  CHECK(
      std::get<GrpcStatus>(result_of(FailureKind::kStreamReset, status)).code ==
      12);
  for (const HttpResponse& none : {ResponseWith("", "0"), HttpResponse()})
    CHECK(std::get<Failure>(result_of(FailureKind::kStreamReset, none)).kind ==
          FailureKind::kStreamReset);
  CHECK(std::get<Failure>(result_of(FailureKind::kTruncated, status)).kind ==
        FailureKind::kTruncated);
}

TEST_CASE("Each gRPC status code has its name") {
  CHECK(GrpcCodeName(0) == "OK");
  CHECK(GrpcCodeName(5) == "NOT_FOUND");
  CHECK(GrpcCodeName(9) == "FAILED_PRECONDITION");
  CHECK(GrpcCodeName(12) == "UNIMPLEMENTED");
  CHECK(GrpcCodeName(14) == "UNAVAILABLE");
  CHECK(GrpcCodeName(16) == "UNAUTHENTICATED");
  CHECK(GrpcCodeName(17) == "17");
  CHECK(GrpcCodeName(-1) == "-1");
}
