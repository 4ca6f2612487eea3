// SPDX-License-Identifier: Apache-2.0
#include "containercollector/docker_client.h"

#include <atomic>
#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "containercollector/json.h"
#include "tests/integration/node.h"
#include "tests/support/equality.h"
#include "tests/support/error_of.h"

using namespace containercollector;
using namespace containercollector::test;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

Script Json(const std::string& body) {
  return RespondWith(ResponseBytes(200, kJson, body));
}

}  // namespace

TEST_CASE("A response is accepted in every form that HTTP allows") {
  Node node;
  for (const Script& script :
       {RespondWith(GoodResponse()),
        RespondWith(Chunked(200, kJson, kOneContainer, 7)),
        RespondAndClose(UntilClose(200, kJson, kOneContainer)),
        RespondWith(ResponseBytes(200, kPlainText, kOneContainer)),
        Json(" \n" + std::string(kOneContainer) + "\n")}) {
    node.Start(script);
    CheckCollected(node.Post());
  }
  for (const char* none : {"[]", "null"}) {
    node.Start(Json(none));
    const Response response = node.Post();
    CHECK(response.status == 200);
    CHECK(response.body == "[]");
    CHECK(response.container_count == 0);
  }
}

TEST_CASE("The response of a Docker node is reproduced byte for byte") {
  Node node;
  std::ifstream file(TEST_DATA_DIR "/recorded/docker-20.10.24.json");
  std::string recorded{std::istreambuf_iterator(file), {}};
  recorded.resize(recorded.find_last_not_of(" \n") + 1);
  node.Start(RespondWith(Chunked(200, kJson, recorded, 1000)));
  const Response response = node.Post();
  CHECK(response.status == 200);
  CHECK(response.body == recorded);
  CHECK(response.container_count == 10);
}

TEST_CASE("The last container with an ID wins, and all without an ID stay") {
  Node node;
  for (const auto& [ids, kept] :
       std::vector<std::pair<std::string, std::string>>{
           // The IDs, "-" for none, and the places of those that stay.
           {"aabc", "123"},
           {"abca", "123"},
           {"abab", "23"},
           {"aaaa", "3"},
           {"abcc", "013"},
           {"abcd", "0123"},
           {"-a-a-", "0234"},
           {"a", "0"},
           {"", ""},
       }) {
    CAPTURE(ids);
    std::string list;
    for (const char id : ids) {
      list += (list.empty() ? R"({"Id":")" : R"(,{"Id":")") +
              (id == '-' ? "" : std::string(3, id) + R"(\",\"Names\":\\)") +
              R"(","Image":")" + std::to_string(list.size()) + "\"}";
    }
    node.Start(Json("[" + list + "]"));
    const auto all = DecodeContainers("[" + list + "]").value();
    std::vector<Container> expected;
    for (const char place : kept)
      expected.push_back(all.at(static_cast<std::size_t>(place - '0')));
    const Response response = node.Post();
    CHECK(response.body == EncodeContainers(expected));
    CHECK(response.container_count == expected.size());
    CHECK(node.client().ListContainers() == expected);
  }
}

TEST_CASE("The query of the route reaches the daemon, by default with all=1") {
  Node node;
  ScriptedDaemon& daemon = node.Start(GoodDaemon());
  CheckCollected(node.Post());
  CheckCollected(node.Post("all=false&limit=2&ignored=1"));
  const auto requests = daemon.Requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].method == "GET");
  CHECK(requests[0].target == "/v1.40/containers/json?all=1");
  CHECK(requests[1].target == "/v1.40/containers/json?limit=2");
}

TEST_CASE("A request that the route rejects never reaches the daemon") {
  Node node;
  ScriptedDaemon& daemon = node.Start(GoodDaemon());
  CHECK(node.Post("limit=x").status == 400);
  CHECK(node.processor().Handle("GET", Processor::kArrayPath).status == 405);
  ListOptions options;
  options.filters.Add("label", "");
  CHECK(ErrorOf([&] { return node.client().ListContainers(options); }).code() ==
        ErrorCode::kInvalidArgument);
  CHECK(daemon.ConnectionsOpened() == 0);
}

TEST_CASE("A list option that the daemon rejects is the caller's error") {
  Node node;
  for (const auto& [status, message] :
       {std::pair{400, "Invalid filter 'client too old'"},
        {404, "No such container: nosuch"}}) {
    ScriptedDaemon& daemon =
        node.Start(RespondWith(DaemonError(status, message)));
    const Response response =
        node.Post("filters=%7B%22before%22%3A%5B%22nosuch%22%5D%7D");
    CHECK(response.status == 400);
    CHECK(response.body ==
          std::string("Error response from daemon: ") + message);
    CHECK(response.error == ErrorCode::kRequestRejected);
    CHECK(daemon.Requests().size() == 1);
  }
  CheckRecovers(node);
}

TEST_CASE("A list during which a container is removed is retried once") {
  const std::string race = "container 0a11 does not exist: no such container";
  RuntimeOptions options = PatientOptions();
  for (const int races : {1, 2, 3}) {
    if (races == 3) options.timeout = milliseconds(500);
    Node node(options);
    std::atomic<int> requests{0};
    node.Start([&, races = races](const Request&, Exchange& exchange) {
      if (++requests > 1 && races == 3) return exchange.Hang();
      exchange.Send(requests <= races ? DaemonError(500, race)
                                      : GoodResponse());
    });
    const Response response = node.Post();
    CHECK(requests == 2);
    if (races == 1) CheckCollected(response);
    if (races == 2) CheckFailed(response, ErrorCode::kDaemonError, race);
    // Both requests share the time limit.
    if (races == 3)
      CheckFailed(response, ErrorCode::kTimeout, "within 500ms (0 bytes");
  }
}

TEST_CASE("A ping returns what the daemon's headers say") {
  Node node;
  ScriptedDaemon& daemon = node.Start(GoodDaemon());
  const PingResult ping = node.client().Ping();
  CHECK(ping.api_version == "1.40");
  CHECK(ping.os_type == "linux");
  CHECK_FALSE(ping.experimental);
  CHECK(ping.builder_version.empty());
  CHECK(daemon.Requests().at(0).target == "/_ping");

  daemon.SetScript(RespondWith(ResponseBytes(200, kPlainText, "OK",
                                             {{"api-version", "1.41"},
                                              {"DOCKER-EXPERIMENTAL", "true"},
                                              {"Builder-Version", "2"}})));
  CHECK(node.client().Ping().api_version == "1.41");
  CHECK(node.client().Ping().experimental);
  CHECK(node.client().Ping().builder_version == "2");

  daemon.SetScript(RespondWith(DaemonError(409, "not today")));
  const Error error = ErrorOf([&] { node.client().Ping(); });
  CHECK(error.what() == std::string("Error response from daemon: not today"));
  CHECK(error.http_status() == 409);
}

TEST_CASE("A call ends at its own deadline if that is before the timeout") {
  Node node;
  node.Start(NeverRespond());
  CallOptions call;
  for (const auto left : {milliseconds(300), milliseconds(-1000)}) {
    call.deadline = steady_clock::now() + left;
    const Error error = ErrorOf([&] { node.client().Ping(call); });
    CHECK(error.code() == ErrorCode::kTimeout);
    // The text has the limit that applied.
    CHECK(std::string(error.what()).find("within 60s") == std::string::npos);
  }
  // A deadline after the timeout changes nothing.
  call.deadline = steady_clock::now() + std::chrono::hours(1);
  node.Start(GoodDaemon());
  CHECK(node.client().ListContainers({}, call).size() == 1);
}

TEST_CASE("A call is cancelled from another thread while it waits") {
  Node node;
  ScriptedDaemon& daemon = node.Start(NeverRespond());
  Cancellation cancellation;
  CallOptions call;
  call.cancellation = &cancellation;
  std::thread canceller([&] {
    CHECK(daemon.WaitForRequests(1, kGenerous));
    cancellation.Cancel();
  });
  CHECK(ErrorOf([&] {
          return node.client().ListContainers({}, call);
        }).code() == ErrorCode::kCancelled);
  canceller.join();

  // Later calls with the same object are cancelled too, others are not.
  node.Start(GoodDaemon());
  CHECK(node.processor().Collect({}, call).error == ErrorCode::kCancelled);
  CHECK(node.processor().Handle("POST", Processor::kArrayPath, call).error ==
        ErrorCode::kCancelled);
  CHECK(node.client().ListContainers().size() == 1);
}
