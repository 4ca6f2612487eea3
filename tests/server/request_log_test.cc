// SPDX-License-Identifier: Apache-2.0

/// The agents of every KubeDiag generation, and what the log says of them.
#include "server/request_log.h"

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "containercollector/processor.h"
#include "tests/server/node.h"

using namespace containercollector::test;
using namespace containercollector::server;
using containercollector::Processor;
using namespace std::string_view_literals;

namespace {

struct Agent {
  std::string name;
  Headers headers;
  std::string body;
  std::string log;  ///< What its log line says of it.
};

/// Go writes headers and the keys of a map in alphabetical order.
const std::vector<Agent> kAgents = {
    {"March to May 2021",
     {{"Diagnosis-Name", "web"},
      {"Diagnosis-Namespace", "default"},
      {"Diagnosis-Uuid", "59f1aee9-e00c-4680-92c3-d1cee080f8dc"},
      {"Node-Name", "my-node"}},
     "{}",
     R"(diagnosis-uuid="59f1aee9-e00c-4680-92c3-d1cee080f8dc" )"
     R"(diagnosis-namespace="default" diagnosis-name="web" )"
     R"(node-name="my-node")"},
    {"v0.2.0 to v0.3.1",
     {},
     R"({"collector.kubernetes.pod.list":"[{\"a\":\"}\\\"\"}]",)"
     R"("diagnosis.name":"web","diagnosis.namespace":"default",)"
     R"("diagnosis.uid":"59f1aee9-e00c-4680-92c3-d1cee080f8dc",)"
     R"("node":"my-node","zone":"z"})",
     R"(diagnosis.name="web" diagnosis.namespace="default" )"
     R"(diagnosis.uid="59f1aee9-e00c-4680-92c3-d1cee080f8dc" node="my-node")"},
    {"head",
     {},
     R"({"node":"my-node","task.name":"web.59f1aee9.my-node.0.0.list",)"
     R"("task.namespace":"default",)"
     R"("task.uid":"6d1b6dfb-5b64-4a5c-9a4e-6a0bd0f2f0a3"})",
     R"(node="my-node" task.name="web.59f1aee9.my-node.0.0.list" )"
     R"(task.namespace="default" )"
     R"(task.uid="6d1b6dfb-5b64-4a5c-9a4e-6a0bd0f2f0a3")"}};

/// What follows the peer's address in the log line of each request.
std::vector<std::string> CallersInLog(const std::string& log) {
  std::vector<std::string> callers;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" path=\"/processor/") == std::string::npos) continue;
    constexpr std::string_view kPeer = " peer=\"";
    const std::size_t peer = line.find(kPeer);
    REQUIRE(peer != std::string::npos);
    const std::size_t end = line.find('"', peer + kPeer.size());
    callers.push_back(line.substr(std::min(line.size(), end + 2)));
  }
  return callers;
}

/// Returns what the log line of a request with this body says of its caller.
std::string LogOf(std::string_view body, std::size_t piece_size) {
  const auto caller = MakeCallerReader();
  for (; body.size() > piece_size; body.remove_prefix(piece_size))
    caller->Read(body.substr(0, piece_size));
  caller->Read(body);
  RequestRecord record;
  record.request.body_reader = caller;
  record.delivered = true;
  const std::string line =
      FormatLogFields(LogFormat::kLogfmt, "request", RequestLogFields(record));
  const std::string others =
      R"(msg="request" method="" path="" status=0 duration_ms=0.000 bytes=0)";
  REQUIRE(line.rfind(others, 0) == 0);
  return line.substr(std::min(line.size(), others.size() + 1));
}

}  // namespace

TEST_CASE("Agents of every generation get what their route promises") {
  Node node;
  node.Start(GoodDaemon());
  std::vector<std::string> expected;
  for (const Agent& agent : kAgents) {
    INFO(agent.name);
    const auto send = [&](std::string_view route) {
      return Send(node.url(), "POST", route, agent.headers, agent.body);
    };
    CheckCollected(send(Processor::kArrayPath));
    const auto object = send(Processor::kObjectPath);
    CHECK(object.status == 200);
    CHECK(object.body == Wrapped(kOneContainer));
    expected.insert(expected.end(), 2, agent.log);
  }
  CHECK(CallersInLog(node.Log()) == expected);
}

TEST_CASE("A caller is logged if its fields come after 3 MB of results") {
  Node node;
  node.Start(GoodDaemon());
  const std::string body = R"({"collector.kubernetes.pod.list":"[{\"a\":\"})" +
                           std::string(3'000'000, 'x') +
                           R"(\"}]","diagnosis.name":"web","node":"my-node"})";
  CheckCollected(Post(node.url(), "", {}, body));
  // In chunks, as a Go program sends a body of unknown length.
  std::string chunked =
      RequestBytes("POST", kRoute, {{"Transfer-Encoding", "chunked"}});
  for (std::size_t i = 0; i < body.size(); i += 1'000'001)
    chunked += Chunk(std::string_view(body).substr(i, 1'000'001));
  CheckCollected(
      HttpCall(node.url(), chunked + std::string(kLastChunk)).Wait());
  // A daemon's failure is where the log is needed.
  node.Stop();
  CHECK(Post(node.url(), "", {}, body).status == 500);
  const std::string caller = R"(diagnosis.name="web" node="my-node")";
  CHECK(CallersInLog(node.Log()) ==
        std::vector<std::string>{
            caller, caller, "error=\"" + CannotConnect(node) + "\" " + caller});
}

TEST_CASE("The known fields of a body are logged, wherever it is cut") {
  const auto check = [](std::string_view body, std::string_view log) {
    CAPTURE(body.substr(0, 100));
    for (const std::size_t piece_size : {1U, 2U, 3U, 7U, 1'000'000U})
      CHECK(LogOf(body, piece_size) == log);
  };
  // Not an object of strings.
  for (const std::string_view body :
       {""sv, "{}"sv, "[]"sv, "null"sv, "no JSON"sv, "\"node\""sv, "{node:1}"sv,
        "{\"node\"}"sv, "{\"node\":\"cut"sv, "[{\"node\":\"n\"}]"sv,
        "]{\"node\":\"n\"}"sv, "{{\"node\":\"n\"}}"sv, "\0{\"node\":\"a\"}"sv,
        R"({"node":1})"sv, R"({"node":{"node":"b"}} x)"sv,
        "\xff\xfe{\"node\":\"\\ud800\"}"sv})
    check(body, "");
  struct Case {
    std::string_view body;
    std::string_view log;
  };
  const std::string long_value =
      "{\"node\":\"" + std::string(100'000, 'x') + "\",\"task.uid\":\"u\"}";
  const std::string long_value_log =
      "node=\"" + std::string(256, 'x') + "\" task.uid=\"u\"";
  const std::string long_key = "{\"" + std::string(100'000, 'k') + "\":\"v\"}";
  for (const auto& [body, log] : {
           Case{kAgents[1].body, kAgents[1].log},
           Case{"{ \"node\" : \"n\" ,\n\"task.name\":\"t\" }",
                R"(node="n" task.name="t")"},
           Case{R"({"a":{"node":"no","b":["]}",{}]},"c":[1,"\"]"],"d":-1.5e3,)"
                R"("task.name":null,"e":true,"node":"n"})",
                R"(node="n")"},
           Case{R"({"node":"a"}{"task.name":"t"})", R"(node="a")"},
           // The first of two counts.
           Case{R"({"node":"a","node":"b"} and more)", R"(node="a")"},
           Case{long_value, long_value_log},
           Case{long_key, ""},
           // No value ends its quotes.
           Case{"{\"node\":\"a\0\xff\x1b\n\"}"sv, R"(node="a\x00\xff\x1b\n")"},
           Case{R"({"node":"\u0000\"\\"})", R"(node="\\u0000\\\"\\\\")"},
           Case{R"({"node":"a\" status=200 x=\""})",
                R"(node="a\\\" status=200 x=\\\"")"},
       })
    check(body, log);
}

TEST_CASE("A request's log line has all that is known about it") {
  RequestRecord record;
  record.request.method = "POST";
  record.request.path = "/processor/containercollector";
  record.status = 200;
  record.duration = std::chrono::microseconds(1500);
  record.bytes = 42;
  const std::string start =
      R"(msg="request" method="POST" path="/processor/containercollector" )"
      R"(status=200 duration_ms=1.500 bytes=42)";
  const auto line = [&record] {
    return FormatLogFields(LogFormat::kLogfmt, "request",
                           RequestLogFields(record));
  };
  CHECK(line() == start + R"( delivered="no")");
  record.delivered = true;
  record.error = "it is broken";
  record.request.query = "limit=1";
  record.request.headers = {{"diagnosis-uuid", "u\n1"}, {"node-name", "n"}};
  record.request.peer = "[::1]:40312";
  CHECK(line() == start + R"( peer="[::1]:40312" query="limit=1" )"
                          R"(error="it is broken" diagnosis-uuid="u\n1" )"
                          R"(node-name="n")");
}
