// SPDX-License-Identifier: Apache-2.0

#include <atomic>

#include "tests/integration/node.h"

using namespace containercollector;
using namespace containercollector::test;

namespace {

VersionedDaemon DaemonOf(const std::string& min, const std::string& max,
                         const std::string& server_version) {
  VersionedDaemon daemon = GoodDaemon();
  daemon.min_api_version = min;
  daemon.max_api_version = max;
  daemon.server_version = server_version;
  return daemon;
}

std::vector<std::string> TargetsOf(const ScriptedDaemon& daemon) {
  std::vector<std::string> targets;
  for (const Request& request : daemon.Requests())
    targets.push_back(request.target);
  return targets;
}

std::string List(const std::string& version) {
  return "/v" + version + "/containers/json?all=1";
}

using Targets = std::vector<std::string>;

}  // namespace

TEST_CASE("A daemon that takes 1.40 costs one request") {
  Node node;
  ScriptedDaemon& daemon = node.Start(DaemonOf("1.12", "1.41", "20.10.24"));
  CheckCollected(node.Post());
  CheckCollected(node.Post());
  CHECK(TargetsOf(daemon) == Targets{List("1.40"), List("1.40")});
}

TEST_CASE("An older or newer daemon costs one more request, once") {
  struct Case {
    VersionedDaemon daemon;
    std::string nearest;
  };
  for (const Case& c : {Case{DaemonOf("1.44", "1.52", "29.0.0"), "1.44"},
                        Case{DaemonOf("1.12", "1.39", "18.09.9"), "1.39"},
                        Case{DaemonOf("1.12", "1.25", "1.13.1"), "1.25"}}) {
    CAPTURE(c.nearest);
    Node node;
    ScriptedDaemon& daemon = node.Start(c.daemon);
    CheckCollected(node.Post());
    CheckCollected(node.Post());
    CHECK(TargetsOf(daemon) ==
          Targets{List("1.40"), List(c.nearest), List(c.nearest)});
  }
}

TEST_CASE("The rejections of old daemons are understood") {
  Node node;
  ScriptedDaemon& daemon = node.Start([](const Request& request,
                                         Exchange& exchange) {
    const bool taken = request.path == "/v1.21/containers/json";
    exchange.Send(
        taken ? GoodResponse()
              : ResponseBytes(400, kPlainText,
                              NewerThanServerMessage("1.40", "1.21") + "\n"));
  });
  CheckCollected(node.Post());
  CHECK(TargetsOf(daemon) == Targets{List("1.40"), List("1.21")});
}

TEST_CASE("A daemon that names no version it takes is asked for it") {
  Node node;
  std::string version_json = R"({"ApiVersion":"1.52","MinAPIVersion":"1.44"})";
  std::string taken = "1.44";
  SECTION("newer") {}
  SECTION("older") {
    version_json = R"({"ApiVersion":"1.38","MinAPIVersion":"1.12"})";
    taken = "1.38";
  }
  SECTION("so old that it has no oldest version") {
    version_json = R"({"ApiVersion":"1.24"})";
    taken = "1.24";
  }
  ScriptedDaemon& daemon = node.Start([=](const Request& request,
                                          Exchange& exchange) {
    if (request.path == "/version") {
      exchange.Send(ResponseBytes(200, kJson, version_json));
    } else if (request.path == "/v" + taken + "/containers/json") {
      exchange.Send(GoodResponse());
    } else {
      exchange.Send(DaemonError(400, "client version 1.40 is too old for me"));
    }
  });
  CheckCollected(node.Post());
  CheckCollected(node.Post());
  CHECK(TargetsOf(daemon) ==
        Targets{List("1.40"), "/version", List(taken), List(taken)});
}

TEST_CASE(
    "A daemon that takes no version costs a bounded number of requests, and "
    "its error is passed on") {
  Node node;
  const std::string message = TooOldMessage("1.40", "1.44");
  ScriptedDaemon& daemon = node.Start(RespondWith(DaemonError(400, message)));
  CheckFailed(node.Post(), ErrorCode::kDaemonError,
              "Error response from daemon: " + message);
  CHECK(TargetsOf(daemon) == Targets{List("1.40"), List("1.44")});
  CheckRecovers(node);
}

TEST_CASE(
    "A daemon that rejects a version and names no other has a text that says "
    "what to do") {
  Node node;
  node.Start([](const Request& request, Exchange& exchange) {
    exchange.Send(request.path == "/version"
                      ? ResponseBytes(200, kJson, "{}")
                      : DaemonError(400, "client is too old"));
  });
  CheckFailed(node.Post(), ErrorCode::kResponseMalformed,
              "The Docker daemon at " + node.host() +
                  " rejects API version 1.40 and does not say which it takes. "
                  "Set one, e.g. DOCKER_API_VERSION=1.44.");
  CheckRecovers(node);
}

TEST_CASE(
    "A daemon that is replaced by one of another version needs no new client") {
  Node node;
  node.Start(DaemonOf("1.44", "1.52", "29.0.0"));
  CheckCollected(node.Post());

  // 1.44 is rejected; 1.40, which was rejected before, is tried again.
  ScriptedDaemon& docker20 = node.Start(DaemonOf("1.12", "1.41", "20.10.24"));
  CheckCollected(node.Post());
  CHECK(TargetsOf(docker20) == Targets{List("1.44"), List("1.40")});

  ScriptedDaemon& docker18 = node.Start(DaemonOf("1.12", "1.39", "18.09.9"));
  CheckCollected(node.Post());
  CHECK(TargetsOf(docker18) == Targets{List("1.40"), List("1.39")});

  // 1.39 is taken, but the daemon is another one: the next request prefers 1.40
  // again.
  ScriptedDaemon& docker25 = node.Start(DaemonOf("1.24", "1.44", "25.0.0"));
  CheckCollected(node.Post());
  CheckCollected(node.Post());
  CHECK(TargetsOf(docker25) == Targets{List("1.39"), List("1.40")});

  ScriptedDaemon& docker29 = node.Start(DaemonOf("1.44", "1.52", "29.0.0"));
  CheckCollected(node.Post());
  CheckCollected(node.Post());
  CHECK(TargetsOf(docker29) ==
        Targets{List("1.40"), List("1.44"), List("1.44")});
}

TEST_CASE("A pinned API version is the only one that is used") {
  RuntimeOptions options = Node::PatientOptions();
  options.api_version = "1.39";
  Node node(options);
  ScriptedDaemon& daemon = node.Start(DaemonOf("1.12", "1.41", "20.10.24"));
  CheckCollected(node.Post());
  CHECK(TargetsOf(daemon) == Targets{List("1.39")});

  node.Start(DaemonOf("1.44", "1.52", "29.0.0"));
  CheckFailed(node.Post(), ErrorCode::kDaemonError,
              "Error response from daemon: " + TooOldMessage("1.39", "1.44") +
                  ". API version 1.39 is set by RuntimeOptions::api_version: "
                  "set one that the daemon takes, or none.");
}

TEST_CASE("A daemon that rejects a pinned API version names what pins it") {
  RuntimeOptions options = Node::PatientOptions();
  options.api_version = "v1.41";
  options.api_version_origin = "DOCKER_API_VERSION";
  Node node(options);
  const std::string advice =
      ". API version 1.41 is set by DOCKER_API_VERSION: set one that the "
      "daemon takes, or none.";
  std::string message = TooOldMessage("1.41", "1.44");
  SECTION("JSON") { node.Start(RespondWith(DaemonError(400, message))); }
  SECTION("JSON with a full stop") {
    node.Start(RespondWith(DaemonError(400, message + ".")));
  }
  SECTION("plain text of an old daemon") {
    message = NewerThanServerMessage("1.41", "1.21");
    node.Start(RespondWith(ResponseBytes(400, kPlainText, message + "\n")));
  }
  CheckFailed(node.Post(), ErrorCode::kDaemonError,
              "Error response from daemon: " + message + advice);
  // A filter that is rejected has nothing to do with it.
  node.Start(RespondWith(DaemonError(400, "Invalid filter 'x'")));
  CHECK(node.Post("limit=1").body ==
        "Error response from daemon: Invalid filter 'x'");
}

TEST_CASE("A filter that reads like a version rejection changes no version") {
  Node node;
  ScriptedDaemon& daemon = node.Start(
      RespondWith(DaemonError(400, "Invalid filter 'client too old'")));
  const Response response =
      node.Post("filters=%7B%22client+too+old%22%3A%5B%221%22%5D%7D");
  CHECK(response.body ==
        "Error response from daemon: Invalid filter 'client too old'");
  CHECK(response.status == 400);
  CHECK(daemon.Requests().size() == 1);
}

TEST_CASE("No collection waits for /version where 1.40 is taken") {
  Node node;
  ScriptedDaemon& daemon =
      node.Start([](const Request& request, Exchange& exchange) {
        if (request.path.find("version") != std::string::npos)
          return exchange.Hang();
        exchange.Send(GoodResponse());
      });
  CheckCollected(node.Post());
  CHECK(TargetsOf(daemon) == Targets{List("1.40")});
}

TEST_CASE("Requests that are each in time can be too late together") {
  RuntimeOptions options;
  options.timeout = std::chrono::milliseconds(600);
  Node node(options);
  node.Start([](const Request& request, Exchange& exchange) {
    exchange.Pause(std::chrono::milliseconds(400));
    exchange.Send(request.path == "/v1.40/containers/json"
                      ? DaemonError(400, TooOldMessage("1.40", "1.44"))
                      : GoodResponse());
  });
  CHECK(node.Post().error == ErrorCode::kTimeout);
}

TEST_CASE("All requests of one call share one timeout") {
  RuntimeOptions options;
  options.timeout = std::chrono::milliseconds(500);
  Node node(options);
  std::atomic<int> requests{0};
  node.Start([&](const Request&, Exchange& exchange) {
    if (++requests > 1) return exchange.Hang();
    exchange.Send(DaemonError(400, TooOldMessage("1.40", "1.44")));
  });
  const Response response = node.Post();
  CHECK(response.error == ErrorCode::kTimeout);
  CHECK(response.body ==
        "The Docker daemon at " + node.host() +
            " did not finish its answer to GET /v1.44/containers/json within "
            "500ms (0 bytes came). It may "
            "hang: look at its log, or allow more time.");
  CheckRecovers(node);
}
