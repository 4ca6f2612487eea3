// SPDX-License-Identifier: Apache-2.0

// How a DockerClient finds an API version that its daemon accepts.

#include <chrono>
#include <string>
#include <vector>

#include "tests/integration/node.h"

using namespace containercollector;
using namespace containercollector::test;
using std::chrono::milliseconds;

namespace {

using Targets = std::vector<std::string>;

VersionedDaemon DaemonOf(const std::string& min, const std::string& max,
                         const std::string& server_version) {
  VersionedDaemon daemon = GoodDaemon();
  daemon.min_api_version = min;
  daemon.max_api_version = max;
  daemon.server_version = server_version;
  return daemon;
}

/// Returns a daemon that sends `rejection` unless the version is `accepted`.
Script Rejecting(const std::string& rejection, const std::string& accepted,
                 const std::string& version_json = "{}") {
  return [=](const Request& request, Exchange& exchange) {
    exchange.Send(
        request.path == "/version" ? ResponseBytes(200, kJson, version_json)
        : request.path == "/v" + accepted + "/containers/json" ? GoodResponse()
                                                               : rejection);
  };
}

Targets TargetsOf(const ScriptedDaemon& daemon) {
  Targets targets;
  for (const Request& request : daemon.Requests())
    targets.push_back(request.target);
  return targets;
}

std::string List(const std::string& version) {
  return "/v" + version + "/containers/json?all=1";
}

}  // namespace

TEST_CASE("A daemon that rejects 1.40 costs at most two more requests, once") {
  struct Case {
    Script daemon;
    std::string nearest;
    bool asks_for_version = false;
  };
  const std::string unclear = DaemonError(400, "client is too old");
  for (const Case& c :
       {Case{DaemonOf("1.44", "1.52", "29.0.0"), "1.44"},
        Case{DaemonOf("1.12", "1.39", "18.09.9"), "1.39"},
        Case{DaemonOf("1.12", "1.25", "1.13.1"), "1.25"},
        // The plain text of an old daemon.
        Case{Rejecting(
                 ResponseBytes(400, kPlainText,
                               NewerThanServerMessage("1.40", "1.21") + "\n"),
                 "1.21"),
             "1.21"},
        Case{Rejecting(unclear, "1.44",
                       R"({"ApiVersion":"1.52","MinAPIVersion":"1.44"})"),
             "1.44", true},
        Case{Rejecting(unclear, "1.38",
                       R"({"ApiVersion":"1.38","MinAPIVersion":"1.12"})"),
             "1.38", true},
        // So old that it does not report its oldest version.
        Case{Rejecting(unclear, "1.24", R"({"ApiVersion":"1.24"})"), "1.24",
             true}}) {
    CAPTURE(c.nearest);
    Node node;
    ScriptedDaemon& daemon = node.Start(c.daemon);
    CheckCollected(node.Post());
    CheckCollected(node.Post());
    Targets expected{List("1.40"), List(c.nearest), List(c.nearest)};
    if (c.asks_for_version) expected.insert(expected.begin() + 1, "/version");
    CHECK(TargetsOf(daemon) == expected);
  }
}

TEST_CASE(
    "A daemon that accepts no version costs a bounded number of requests") {
  Node node;
  const std::string message = TooOldMessage("1.40", "1.44");
  ScriptedDaemon& daemon = node.Start(RespondWith(DaemonError(400, message)));
  CheckFailed(node.Post(), ErrorCode::kDaemonError, message);
  CHECK(TargetsOf(daemon) == Targets{List("1.40"), List("1.44")});
  node.Start(Rejecting(DaemonError(400, "client is too old"), ""));
  CheckFailed(node.Post(), ErrorCode::kResponseMalformed,
              "rejects API version 1.40 and does not say which it takes");
  node.Start(Rejecting(DaemonError(400, "client is too old"), "", "[]"));
  CheckFailed(node.Post(), ErrorCode::kResponseMalformed,
              "to GET /version is malformed: expected an object, got an array");
  CheckRecovers(node);
}

TEST_CASE("A client adapts when a daemon of another version takes over") {
  Node node;
  const auto check = [&](const VersionedDaemon& script, int collections,
                         const Targets& targets) {
    ScriptedDaemon& daemon = node.Start(script);
    for (int i = 0; i < collections; ++i) CheckCollected(node.Post());
    CHECK(TargetsOf(daemon) == targets);
  };
  check(DaemonOf("1.44", "1.52", "29.0.0"), 1, {List("1.40"), List("1.44")});
  // 1.44 is rejected; 1.40, which was rejected before, is tried again.
  check(DaemonOf("1.12", "1.41", "20.10.24"), 1, {List("1.44"), List("1.40")});
  check(DaemonOf("1.12", "1.39", "18.09.9"), 1, {List("1.40"), List("1.39")});
  // 1.39 is accepted, but the daemon is another one: the next request prefers
  // 1.40 again.
  check(DaemonOf("1.24", "1.44", "25.0.0"), 2, {List("1.39"), List("1.40")});
  check(DaemonOf("1.44", "1.52", "29.0.0"), 2,
        {List("1.40"), List("1.44"), List("1.44")});
}

TEST_CASE("Only a pinned API version is used, and errors name its origin") {
  RuntimeOptions options = PatientOptions();
  options.api_version = "v1.39";
  options.api_version_origin = "DOCKER_API_VERSION";
  Node node(options);
  ScriptedDaemon& good = node.Start(DaemonOf("1.12", "1.41", "20.10.24"));
  CheckCollected(node.Post());
  CHECK(TargetsOf(good) == Targets{List("1.39")});

  const std::string old = TooOldMessage("1.39", "1.44");
  const std::string newer = NewerThanServerMessage("1.39", "1.21");
  for (const auto& [response, message] :
       {std::pair{DaemonError(400, old), old},
        {DaemonError(400, old + "."), old},
        {ResponseBytes(400, kPlainText, newer + "\n"), newer}}) {
    ScriptedDaemon& daemon = node.Start(RespondWith(response));
    CheckFailed(node.Post(), ErrorCode::kDaemonError,
                "Error response from daemon: " + message +
                    ". API version 1.39 is set by DOCKER_API_VERSION: set one "
                    "that the daemon takes, or none.");
    CHECK(daemon.Requests().size() == 1);
  }
  // A filter that is rejected has nothing to do with it.
  node.Start(RespondWith(DaemonError(400, "Invalid filter 'x'")));
  CHECK(node.Post("limit=1").body ==
        "Error response from daemon: Invalid filter 'x'");
}

TEST_CASE("All requests of one call share one timeout") {
  RuntimeOptions options;
  options.timeout = milliseconds(600);
  Node node(options);
  // Each is in time alone.
  node.Start([](const Request& request, Exchange& exchange) {
    exchange.Pause(milliseconds(400));
    exchange.Send(request.path == "/v1.40/containers/json"
                      ? DaemonError(400, TooOldMessage("1.40", "1.44"))
                      : GoodResponse());
  });
  CheckFailed(node.Post(), ErrorCode::kTimeout,
              "did not finish its answer to GET /v1.44/containers/json within "
              "600ms (0 bytes");
  CheckRecovers(node);
}
