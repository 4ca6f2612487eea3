// SPDX-License-Identifier: Apache-2.0

/// The agents of every KubeDiag generation against both routes, byte for byte,
/// and what the log says of them.
#include <algorithm>
#include <array>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "containercollector/processor.h"
#include "tests/server/node.h"

using namespace containercollector::test;
using containercollector::Processor;

namespace {

struct Agent {
  const char* name;
  std::string_view trace_headers;
  std::string_view body;
  std::string_view log;  ///< What its log line says of it.
};

/// Go writes headers and the keys of a map in alphabetical order.
constexpr std::array kAgents = {
    Agent{"March to May 2021",
          "Diagnosis-Name: web\r\nDiagnosis-Namespace: default\r\n"
          "Diagnosis-Uuid: 59f1aee9-e00c-4680-92c3-d1cee080f8dc\r\n"
          "Node-Name: my-node\r\n",
          "{}",
          R"(diagnosis-uuid="59f1aee9-e00c-4680-92c3-d1cee080f8dc" )"
          R"(diagnosis-namespace="default" diagnosis-name="web" )"
          R"(node-name="my-node")"},
    Agent{"v0.2.0 to v0.3.1", "",
          R"({"diagnosis.name":"web","diagnosis.namespace":"default",)"
          R"("diagnosis.uid":"59f1aee9-e00c-4680-92c3-d1cee080f8dc",)"
          R"("node":"my-node"})",
          R"(diagnosis.name="web" diagnosis.namespace="default" )"
          R"(diagnosis.uid="59f1aee9-e00c-4680-92c3-d1cee080f8dc" )"
          R"(node="my-node")"},
    Agent{"head", "",
          R"({"node":"my-node","task.name":"web.59f1aee9.my-node.0.0.list",)"
          R"("task.namespace":"default",)"
          R"("task.uid":"6d1b6dfb-5b64-4a5c-9a4e-6a0bd0f2f0a3"})",
          R"(node="my-node" task.name="web.59f1aee9.my-node.0.0.list" )"
          R"(task.namespace="default" )"
          R"(task.uid="6d1b6dfb-5b64-4a5c-9a4e-6a0bd0f2f0a3")"}};

/// What Go's net/http sends for an agent: keep-alive is off, and a body has no
/// Content-Type.
std::string AgentRequest(std::string_view target,
                         std::string_view trace_headers,
                         std::string_view body) {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\n"
         "Host: 127.0.0.1:8091\r\n"
         "User-Agent: Go-http-client/1.1\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n" + std::string(trace_headers) +
         "Accept-Encoding: gzip\r\n"
         "Connection: close\r\n"
         "\r\n" +
         std::string(body);
}

void CheckWrapped(const HttpResponse& response) {
  CHECK(response.status == 200);
  CHECK(response.headers.at("content-type") == "application/json");
  CHECK(response.body == Wrapped(kOneContainer));
}

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

HttpResponse Ask(const Node& node, std::string_view target,
                 std::string_view body = "{}") {
  return HttpCall(node.url(), AgentRequest(target, "", body)).Wait();
}

}  // namespace

TEST_CASE("Agents of every generation get what their route promises") {
  Node node;
  node.Start(GoodDaemon());
  for (const Agent& agent : kAgents) {
    INFO(agent.name);
    const auto ask = [&](std::string_view route) {
      return HttpCall(node.url(),
                      AgentRequest(route, agent.trace_headers, agent.body))
          .Wait();
    };
    CheckCollected(ask(Processor::kArrayPath));
    CheckWrapped(ask(Processor::kObjectPath));
  }
  CheckStops(node.server());
  std::vector<std::string> expected;
  for (const Agent& agent : kAgents)
    expected.insert(expected.end(), 2, std::string(agent.log));
  CHECK(CallersInLog(node.server().ErrorOutput()) == expected);
}

TEST_CASE("Query parameters and the key of the object come with the path") {
  Node node;
  node.Start(GoodDaemon());
  CheckWrapped(Ask(node, "/processor/containerCollector?all=0&limit=3"));
  CHECK(node.daemon().Requests().back().query == "limit=3");
  CHECK(Ask(node, "/processor/containerCollector?key=running&all=0").body ==
        Wrapped(kOneContainer, "running"));
  CheckStops(node.server());
}

TEST_CASE("Both routes at once share one daemon call") {
  Node node;
  node.Start(RespondWhenReleased(ResponseBytes(200, kJson, kOneContainer)));
  std::vector<HttpCall> arrays;
  std::vector<HttpCall> objects;
  // Occupies the daemon, so that the others wait for the next call together.
  arrays.emplace_back(node.url(),
                      AgentRequest(Processor::kArrayPath, "", "{}"));
  WaitForWaiting(node, 1);
  REQUIRE(WaitUntil([&] { return node.daemon().Requests().size() == 1; },
                    kGenerous));
  for (int i = 0; i < 3; ++i) {
    arrays.emplace_back(node.url(),
                        AgentRequest(Processor::kArrayPath, "", "{}"));
    objects.emplace_back(node.url(),
                         AgentRequest(Processor::kObjectPath, "", "{}"));
  }
  WaitForWaiting(node, 7);
  node.daemon().Release();
  for (HttpCall& call : arrays) CheckCollected(call.Wait());
  for (HttpCall& call : objects) CheckWrapped(call.Wait());
  CHECK(node.daemon().Requests().size() == 2);
  CheckStops(node.server());
}

TEST_CASE("Who asked is logged if the fields come after 3 MB of results") {
  Node node;
  node.Start(GoodDaemon());
  const std::string body = R"({"collector.kubernetes.pod.list":"[{\"a\":\"})" +
                           std::string(3'000'000, 'x') +
                           R"(\"}]","diagnosis.name":"web","node":"my-node"})";
  CheckWrapped(Ask(node, Processor::kObjectPath, body));
  // In chunks, as a Go program sends a body of unknown length.
  std::string chunked = RequestBytes("POST", Processor::kObjectPath,
                                     {{"Transfer-Encoding", "chunked"}});
  for (std::size_t i = 0; i < body.size(); i += 1'000'001)
    chunked += Chunk(std::string_view(body).substr(i, 1'000'001));
  CheckWrapped(HttpCall(node.url(), chunked + std::string(kLastChunk)).Wait());
  // A daemon's failure is where the log is needed.
  node.Stop();
  CHECK(Ask(node, Processor::kObjectPath, body).status == 500);
  CheckStops(node.server());
  const std::string caller = R"(diagnosis.name="web" node="my-node")";
  CHECK(CallersInLog(node.server().ErrorOutput()) ==
        std::vector<std::string>{
            caller, caller,
            "error=\"Cannot connect to the Docker daemon at " + node.host() +
                ". Is the docker daemon running?\" " + caller});
}

TEST_CASE("A body that is no JSON map of strings does no harm") {
  struct Case {
    std::string_view body;
    std::string_view log;
  };
  using namespace std::string_view_literals;
  Node node;
  node.Start(GoodDaemon());
  std::vector<std::string> expected;
  for (const auto& [body, log] : {
           Case{"", ""},
           Case{"{", ""},
           Case{"no JSON", ""},
           Case{"[1,2]", ""},
           Case{"\0{\"node\":\"a\"}"sv, ""},
           Case{R"({"node":1})", ""},
           Case{R"({"node":"a)", ""},
           Case{"\xff\xfe{\"node\":\"\\ud800\"}", ""},
           Case{R"({"node":{"node":"b"}} and more)", ""},
           Case{R"({"node":"a","node":"b"} and more)", R"(node="a")"},
           Case{"{\"node\":\"a\0\xff\x1b\n\"}"sv, R"(node="a\x00\xff\x1b\n")"},
           Case{R"({"node":"\u0000\"\\"})", R"(node="\\u0000\\\"\\\\")"},
           Case{R"({"node":"a\" status=200 x=\""})",
                R"(node="a\\\" status=200 x=\\\"")"},
       }) {
    INFO(body);
    CheckCollected(Ask(node, Processor::kArrayPath, body));
    CheckWrapped(Ask(node, Processor::kObjectPath, body));
    expected.insert(expected.end(), 2, std::string(log));
  }
  CheckStops(node.server());
  CHECK(CallersInLog(node.server().ErrorOutput()) == expected);
}
