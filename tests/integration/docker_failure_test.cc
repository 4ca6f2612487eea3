// SPDX-License-Identifier: Apache-2.0

// What a Docker daemon can do wrong. tests/unit/failure_test.cc has the texts.

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/integration/node.h"
#include "tests/support/http_client.h"

using namespace containercollector;
using namespace containercollector::test;
using std::chrono::milliseconds;

namespace {

struct Case {
  std::string name;
  Script script;
  std::string part;  ///< Of the text.
  DaemonOptions options{};
};

/// Checks that the next request fails as each case says, and that the one after
/// it succeeds with a good daemon.
void CheckEach(ErrorCode code, std::initializer_list<Case> cases,
               const RuntimeOptions& options = PatientOptions()) {
  for (const Case& c : cases) {
    INFO(c.name);
    Node node(options);
    node.Start(c.script, c.options);
    CheckFailed(node.Post(), code, c.part);
    CheckRecovers(node);
  }
}

Script Json(const std::string& body) {
  return RespondWith(ResponseBytes(200, kJson, body));
}

/// Sends a head, and then the same bytes until the client closes the
/// connection.
Script Endless(const std::string& head, const std::string& unit) {
  return [=](const Request&, Exchange& exchange) {
    exchange.Send(head);
    exchange.SendRepeated(unit, std::uint64_t{1} << 32);
  };
}

/// Sends bytes, and then nothing.
Script HangAfter(const std::string& bytes) {
  return [=](const Request&, Exchange& exchange) {
    exchange.Send(bytes);
    exchange.Hang();
  };
}

}  // namespace

TEST_CASE("Errors distinguish why a daemon cannot be connected to") {
  Node node;
  const auto code = ErrorCode::kCannotConnect;
  CheckFailed(node.Post(), code, "running?");
  CheckRecovers(node);
  node.Stop(SocketFile::kLeave);
  CheckFailed(node.Post(), code, "running?");
  std::filesystem::remove(node.socket_path());

  std::ofstream(node.socket_path()) << "not a socket";
  CheckFailed(node.Post(), code, node.socket_path() + " is a file, not");
  std::filesystem::remove(node.socket_path());
  std::filesystem::create_directory(node.socket_path());
  CheckFailed(node.Post(), code, node.socket_path() + " is a directory, not");
  std::filesystem::remove(node.socket_path());

  node.Start(GoodDaemon(), {Behaviour::kNeverAccepts, 0});
  const RawClient queued(node.host());
  CheckFailed(node.Post(), code, "its queue is full");
  CheckRecovers(node);
}

TEST_CASE("Errors distinguish a forbidden socket from a missing one") {
  Node node;
  node.Start(GoodDaemon());
  REQUIRE(chmod(node.socket_path().c_str(), 0) == 0);
  Response response;
  std::thread([&] {
    constexpr uid_t kNobody = 65534;
    // The C library's seteuid() changes all threads.
    if (geteuid() == 0) REQUIRE(syscall(SYS_setresuid, -1, kNobody, -1) == 0);
    response = node.Post();
  }).join();
  CheckFailed(response, ErrorCode::kPermissionDenied,
              "dial unix " + node.socket_path());
  REQUIRE(chmod(node.socket_path().c_str(), 0600) == 0);
  CheckRecovers(node);
}

TEST_CASE("A response that ends early is truncated, and never an empty list") {
  const std::string closed =
      "closed the connection without an answer to GET /v1.40/containers/json";
  const std::string cut_off =
      "cut off its answer to GET /v1.40/containers/json after ";
  const std::string half = std::to_string(kOneContainer.size() / 2) + " bytes";
  const std::string head = ChunkedHead(200, kJson);
  const std::string error = DaemonError(500, "layer does not exist");
  CheckEach(
      ErrorCode::kResponseTruncated,
      {{"no response", CloseWithoutResponse(), closed},
       {"half a head", RespondAndClose(HeadWithoutEnd(GoodResponse())), closed},
       {"half a body", RespondAndClose(WithHalfTheBody(GoodResponse())),
        cut_off + half},
       {"half an error", RespondAndClose(WithHalfTheBody(error)), cut_off},
       {"between chunks", RespondAndClose(head + Chunk("[{}")),
        cut_off + "3 bytes"},
       {"in a chunk", RespondAndClose(head + "ff\r\n[{}"), cut_off + "3 bytes"},
       {"whole JSON without the last chunk",
        RespondAndClose(head + Chunk("[ ]")), cut_off + "3 bytes"}});
}

TEST_CASE(
    "A response that is not the API's is malformed, never an empty list") {
  const std::string json =
      "to GET /containers/json is malformed: invalid JSON at byte ";
  const std::string check = ". Check that it is a Docker daemon";
  const std::string other = ". Another service listens there, such as ";
  const std::string headers =
      "to GET /v1.40/containers/json is not valid HTTP: its headers are larger "
      "than the limit of 65536 bytes";
  const std::string padding = "X-Padding: 0123456789\r\n";
  const std::string head = HeadWithoutEnd(GoodResponse());
  CheckEach(
      ErrorCode::kResponseMalformed,
      {{"nothing", Json(""), json + "0: The document is empty" + check},
       {"half a body without a length",
        RespondAndClose(UntilClose(200, kJson, "[{\"Id\":\"a1\"}")),
        json + "12: Missing a comma"},
       {"bytes that are not HTTP", RespondAndClose(HttpGarbage()), other},
       // What an HTTP/2 server sends first: an empty SETTINGS frame.
       {"gRPC", RespondAndClose(std::string("\0\0\0\4\0\0\0\0\0", 9)), other},
       {"invalid chunks",
        RespondAndClose(ChunkedHead(200, kJson) + "xyz\r\n[]\r\n"), check},
       {"many headers", Endless(head, padding), headers},
       {"a long header", Endless(head + "X-Padding: ", "0123456789"), headers},
       {"trailers",
        Endless(ChunkedHead(200, kJson) + Chunk("[]") + "0\r\n", padding),
        headers}});
}

TEST_CASE("A response is aborted as soon as it exceeds the limit") {
  RuntimeOptions options = PatientOptions();
  options.max_response_bytes = 1000;
  const std::string part = "is larger than the limit of 1000 bytes";
  const std::string spaces(998, ' ');
  CheckEach(
      ErrorCode::kResponseTooLarge,
      {{"a length",
        Endless(ResponseHead(200, kJson, std::uint64_t{1} << 40), " "), part},
       {"chunks",
        Endless(ChunkedHead(200, kJson), Chunk(std::string(100, ' '))), part},
       {"one byte more", Json(spaces + " []"), part}},
      options);
  Node node(options);
  node.Start(RespondWith(Chunked(200, kJson, spaces + "[]", 7)));
  CHECK(node.Post().body == "[]");
}

TEST_CASE("A daemon that never finishes its response ends at the timeout") {
  RuntimeOptions options;
  options.timeout = milliseconds(300);
  const std::string none =
      "did not finish its answer to GET /v1.40/containers/json within 300ms (0 "
      "bytes";
  CheckEach(
      ErrorCode::kTimeout,
      {{"never responds", NeverRespond(), none},
       {"never reads", GoodDaemon(), none, {Behaviour::kNeverReads, 128}},
       {"never accepts", GoodDaemon(), none, {Behaviour::kNeverAccepts, 128}},
       {"no body", HangAfter(HeadOf(GoodResponse())), none},
       {"half a head", HangAfter(HeadWithoutEnd(GoodResponse())), none},
       {"one byte", HangAfter(HeadOf(GoodResponse()) + "["),
        "within 300ms (1 bytes"}},
      options);
}

TEST_CASE("A daemon's own error is passed on, whatever its body is") {
  const std::string error = "Error response from daemon: ";
  CheckEach(
      ErrorCode::kDaemonError,
      {{"JSON", RespondWith(DaemonError(500, "no layer")), "no layer"},
       // In HTTP/1.0, without a Content-Length or a Content-Type.
       {"old HTTP", RespondAndClose("HTTP/1.0 403 Forbidden\r\n\r\n<html"),
        error + "status 403: Forbidden. A proxy may be in between: allow "
                "GET /containers/json."},
       // A redirect is not followed.
       {"a redirect",
        RespondWith(ResponseBytes(301, kPlainText, "",
                                  {{"Location", "http://127.0.0.1:1/"}})),
        error + "status 301 without a message"},
       {"no content", RespondWith("HTTP/1.1 204 No Content\r\n\r\n"),
        error + "status 204 without a message"}});
}
