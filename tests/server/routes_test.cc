// SPDX-License-Identifier: Apache-2.0

/// What callers of the server get, when all is well and when it is not.
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "tests/server/node.h"

using namespace containercollector::test;

namespace {

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

constexpr std::string_view kObjectRoute = "/processor/containerCollector";

}  // namespace

TEST_CASE("POST to the route responds with the daemon's containers") {
  Node node;
  node.Start(GoodDaemon());
  CheckCollected(Post(node.url()));
  CheckCollected(Post(node.url(), "", {}, "{}"));
  CheckCollected(Post(node.url(), "", {{"Content-Type", "application/json"}},
                      R"({"k":"v"})"));
  CHECK(node.daemon().Requests().at(0).target ==
        "/v1.40/containers/json?all=1");
  CheckStops(node.server());
}

TEST_CASE("The second route wraps the same containers in an object") {
  Node node;
  node.Start(GoodDaemon());
  const auto post = [&](const std::string& query) {
    return HttpCall(node.url(),
                    RequestBytes("POST", std::string(kObjectRoute) + query))
        .Wait();
  };
  const HttpResponse response = post("?limit=3");
  CHECK(response.status == 200);
  CHECK(response.Header("content-type") == "application/json");
  std::string escaped;
  for (const char c : kOneContainer)
    escaped.append(c == '"' ? "\\\"" : std::string(1, c));
  CHECK(response.body ==
        R"({"collector.kubernetes.container.list":")" + escaped + "\"}");
  CHECK(node.daemon().Requests().back().query == "all=1&limit=3");
  CHECK(post("?key=second").body == R"({"second":")" + escaped + "\"}");
  CheckText(HttpCall(node.url(), RequestBytes("GET", kObjectRoute)).Wait(), 405,
            "method GET is not supported");
  CheckText(post("?limit=many"), 400,
            "invalid limit \"many\": write how many containers are wanted, "
            "e.g. limit=10, or 0 for all");
  node.Stop();
  CheckText(post(""), 500,
            "Cannot connect to the Docker daemon at " + node.host() +
                ". Is the docker daemon running?");
  CheckStops(node.server());
}

TEST_CASE("Both routes share a daemon call") {
  Node node;
  node.Start(RespondWhenReleased(GoodResponse()));
  std::vector<HttpCall> running = PostMany(node, 1);
  REQUIRE(node.daemon().WaitForRequests(1, kGenerous));
  std::vector<HttpCall> arrays = PostMany(node, 3);
  std::vector<HttpCall> objects;
  for (const char* query : {"", "", "?key=a"}) {
    objects.emplace_back(
        node.url(), RequestBytes("POST", std::string(kObjectRoute) + query));
  }
  WaitForWaiting(node, 7);
  node.daemon().Release();
  for (HttpCall& call : running) CheckCollected(call.Wait());
  for (HttpCall& call : arrays) CheckCollected(call.Wait());
  const std::string object = objects[0].Wait().body;
  CHECK(object.rfind(R"({"collector.kubernetes.container.list":"[{)", 0) == 0);
  CHECK(objects[1].Wait().body == object);
  CHECK(objects[2].Wait().body.rfind(R"({"a":"[{)", 0) == 0);
  CHECK(node.daemon().Requests().size() == 2);
  CheckStops(node.server());
}

TEST_CASE("Requests with other list options never delay the default ones") {
  Node node({"--timeout", "10m"});
  node.Start([](const Request& request, Exchange& exchange) {
    if (request.target.find("limit=") != std::string::npos)
      return exchange.Hang();
    exchange.Send(GoodResponse());
  });
  // More than the calls that the server makes at once.
  std::vector<HttpCall> others;
  for (int limit = 1; limit <= 6; ++limit) {
    others.emplace_back(node.url(),
                        RequestBytes("POST", std::string(kRoute) + "?limit=" +
                                                 std::to_string(limit)));
  }
  REQUIRE(node.daemon().WaitForRequests(4, kGenerous));
  CheckCollected(Post(node.url()));
  CHECK(node.daemon().Requests().size() == 5);
  node.Stop();
  for (HttpCall& call : others) CHECK(call.Wait().status == 500);
  CheckStops(node.server());
}

TEST_CASE("The landing page names what is served") {
  Node node;
  const HttpResponse page = Get(node.url(), "/");
  CHECK(page.status == 200);
  CHECK(page.Header("content-type") == "text/html; charset=utf-8");
  for (const char* part :
       {"<h1>Container Collector</h1>", "<a href=\"/metrics\">/metrics</a>",
        "<code>POST /processor/containercollector</code>",
        "<code>POST /processor/containerCollector</code>"}) {
    CAPTURE(part);
    CHECK(Contains(page.body, part));
  }
  CHECK(HttpCall(node.url(), RequestBytes("POST", "/")).Wait().status == 405);
  CheckStops(node.server());
}

TEST_CASE("The query string reaches the daemon decoded once") {
  Node node;
  node.Start(GoodDaemon());
  CheckCollected(Post(node.url(), "?all=0&limit=3&size=1"));
  CHECK(node.daemon().Requests().back().query == "limit=3&size=1");
  // "%2541" is "%41", not "A".
  CheckCollected(Post(
      node.url(), "?filters=%7B%22label%22%3A%5B%22a%3D%2541%2Bb%22%5D%7D"));
  CHECK(node.daemon().Requests().back().query ==
        "all=1&filters=%7B%22label%22%3A%7B%22a%3D%2541%2Bb%22%3Atrue%7D%7D");
  CheckText(Post(node.url(), "?limit=many"), 400,
            "invalid limit \"many\": write how many containers are wanted, "
            "e.g. limit=10, or 0 for all");
  CheckStops(node.server());
}

TEST_CASE("Other methods and paths are rejected") {
  Node node;
  node.Start(GoodDaemon());
  for (const char* method : {"GET", "PUT", "DELETE", "OPTIONS", "PURGE"}) {
    const HttpResponse response =
        HttpCall(node.url(), RequestBytes(method, kRoute)).Wait();
    CheckText(response, 405,
              "method " + std::string(method) + " is not supported");
    CHECK(response.headers.at("allow") == "POST");
  }
  const std::string no_such_path =
      "Nothing is served at this path. This server has:\n"
      "GET / (this page)\n"
      "POST /processor/containercollector (the containers of this node, as a "
      "JSON array)\n"
      "POST /processor/containerCollector (the same as a JSON object, for "
      "KubeDiag v0.2.0 and later)\n"
      "GET /healthz (whether this server runs)\n"
      "GET /readyz (whether a collection would succeed now)\n"
      "GET /metrics (metrics for Prometheus)";
  for (const char* path : {"/processor", "/processor/containercollector/",
                           "/Healthz", "/processor%2Fcontainercollector",
                           "//healthz", "*", "http://localhost/healthz"}) {
    CheckText(HttpCall(node.url(), RequestBytes("POST", path)).Wait(), 404,
              no_such_path);
  }
  const HttpResponse post =
      HttpCall(node.url(), RequestBytes("POST", "/healthz")).Wait();
  CheckText(post, 405, "This path takes only GET and HEAD.");
  CHECK(post.headers.at("allow") == "GET, HEAD");
  CHECK(node.daemon().Requests().empty());
  CheckStops(node.server());
}

TEST_CASE(
    "The right text each time: socket missing, a directory, connection "
    "refused, back") {
  Node node;
  const std::string cannot_connect = "Cannot connect to the Docker daemon at " +
                                     node.host() +
                                     ". Is the docker daemon running?";
  CheckText(Post(node.url()), 500, cannot_connect);
  node.Start(GoodDaemon());
  CheckCollected(Post(node.url()));
  node.Stop(SocketFile::kRemove);
  CheckText(Post(node.url()), 500, cannot_connect);

  REQUIRE(mkdir(node.socket_path().c_str(), 0700) == 0);
  CheckText(Post(node.url()), 500,
            cannot_connect + " " + node.socket_path() +
                " is a directory, not a socket: write the path of the daemon's "
                "socket, e.g. unix:///var/run/docker.sock.");
  REQUIRE(rmdir(node.socket_path().c_str()) == 0);

  node.Start(GoodDaemon());
  CheckCollected(Post(node.url()));
  node.Stop(SocketFile::kLeave);
  CheckText(Post(node.url()), 500, cannot_connect);
  node.Start(RespondWith(DaemonError(500, "the disk is full")));
  CheckText(Post(node.url()), 500,
            "Error response from daemon: the disk is full");
  node.Start(GoodDaemon());
  CheckCollected(Post(node.url()));
  CheckStops(node.server());
}

TEST_CASE("/healthz never asks the daemon, /readyz does") {
  Node node;
  CheckText(Get(node.url(), "/healthz"), 200, "ok");
  WaitForReadiness(node.url(), 503,
                   "Cannot connect to the Docker daemon at " + node.host() +
                       ". Is the docker daemon running?");
  node.Start(GoodDaemon());
  WaitForReadiness(node.url(), 200,
                   "The Docker daemon at " + node.host() + " responds.");
  CheckText(Get(node.url(), "/healthz"), 200, "ok");
  REQUIRE_FALSE(node.daemon().Requests().empty());
  CHECK(node.daemon().Requests().at(0).target ==
        "/v1.40/containers/json?all=1");
  const std::string head =
      HttpCall(node.url(), RequestBytes("HEAD", "/healthz")).Wait().bytes;
  CHECK(head.rfind("HTTP/1.1 200 OK\r\n", 0) == 0);
  CHECK(head.find("\r\n\r\n") == head.size() - 4);
  CheckStops(node.server());
}

TEST_CASE("/readyz is not ready if a collection would fail") {
  const auto check = [](Node& node) {
    const HttpResponse collected = Post(node.url());
    CHECK(collected.status == 500);
    CHECK_FALSE(collected.body.empty());
    CheckText(Get(node.url(), "/readyz"), 503, collected.body);
    CheckStops(node.server());
  };
  SECTION("because the daemon rejects it") {
    Node node({"--docker-api-version", "1.99"});
    node.Start(GoodDaemon());
    check(node);
  }
  SECTION("because of a container that is not the newest") {
    Node node;
    std::string json(kOneContainer);
    json.insert(json.size() - 1, R"(,{"Id":7})");
    node.Start(GoodDaemon(json));
    check(node);
  }
  SECTION("because its response is too large") {
    Node node({"--max-answer-bytes", "100"});
    node.Start(GoodDaemon());
    check(node);
  }
}

TEST_CASE("/readyz repeats a result for a second") {
  Node node;
  node.Start(GoodDaemon());
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 50; ++i) Get(node.url(), "/readyz");
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::steady_clock::now() - start);
  CHECK(node.daemon().Requests().size() <=
        static_cast<std::size_t>(seconds.count()) + 2);
  node.Start(RespondWith(DaemonError(500, "the disk is full")));
  WaitForReadiness(node.url(), 503,
                   "Error response from daemon: the disk is full");
  CheckStops(node.server());
}

TEST_CASE("/readyz shares a collection with requests") {
  Node node({"--timeout", "1s"});
  node.Start(NeverRespond());
  std::vector<HttpCall> calls = PostMany(node, 10);
  for (int i = 0; i < 10; ++i)
    calls.emplace_back(node.url(), RequestBytes("GET", "/readyz"));
  for (HttpCall& call : calls) {
    const HttpResponse response = call.Wait();
    CHECK((response.status == 500 || response.status == 503));
    CHECK(response.body == "The Docker daemon at " + node.host() +
                               " did not finish its answer to GET "
                               "/v1.40/containers/json within 1s (0 bytes "
                               "came). It may hang: look at its log, or allow "
                               "more time.");
  }
  CHECK(node.daemon().Requests().size() <= 3);
  // One call at a time, and the end of the last one may not be noticed yet.
  CHECK(node.daemon().MaxOpenConnections() <= 2);
  CheckStops(node.server());
}

TEST_CASE("/metrics counts requests and daemon calls") {
  Node node({"--max-answer-bytes", "100000"});
  node.Start(GoodDaemon());
  Post(node.url());
  Post(node.url());
  Post(node.url(), "?limit=x");
  Get(node.url(), "/nowhere");
  node.Stop();
  Post(node.url());

  const HttpResponse response = Get(node.url(), "/metrics");
  CHECK(response.status == 200);
  CHECK(response.headers.at("content-type") ==
        "text/plain; version=0.0.4; charset=utf-8");
  const std::string prefix = "containercollector_";
  for (const char* line : {
           R"(requests_total{route="collect",status="200"} 2)",
           R"(requests_total{route="collect",status="400"} 1)",
           R"(requests_total{route="collect",status="500"} 1)",
           R"(requests_total{route="other",status="404"} 1)",
           R"(daemon_calls_total{call="list",result="ok"} 2)",
           R"(daemon_calls_total{call="list",result="cannot_connect"} 2)",
           R"(daemon_calls_total{call="list",result="timeout"} 0)",
           R"(daemon_call_duration_seconds_count{call="list"} 4)",
           R"(last_response_containers 1)",
           R"(requests_pending 0)",
           R"(batch_size_count 4)",
           R"(build_info{version=")",
       }) {
    CAPTURE(line);
    CHECK(Contains(response.body, "\n" + prefix + line));
  }
  CHECK(Contains(response.body, "\n" + prefix + "last_response_bytes " +
                                    std::to_string(kOneContainer.size()) +
                                    "\n"));
  CHECK(Contains(response.body, "\nprocess_start_time_seconds 1"));
  CheckStops(node.server());
}
