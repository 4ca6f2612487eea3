// SPDX-License-Identifier: Apache-2.0

/// What callers of the server get, when all is well and when it is not.
#include "server/routes.h"

#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "containercollector/processor.h"
#include "tests/server/node.h"

using namespace containercollector::test;
using containercollector::Processor;

namespace {

const std::string kObjectRoute(Processor::kObjectPath);

}  // namespace

TEST_CASE("Both routes respond with the daemon's containers") {
  Node node;
  CheckText(Send(node.url(), "POST", kObjectRoute), 500, CannotConnect(node));
  node.Start(GoodDaemon());
  CheckCollected(Post(node.url()));
  CHECK(node.daemon().Requests().at(0).target ==
        "/v1.40/containers/json?all=1");
  CheckCollected(Post(node.url(), "", {{"Content-Type", "application/json"}},
                      R"({"k":"v"})"));
  const HttpResponse object =
      Send(node.url(), "POST", kObjectRoute + "?limit=3");
  CHECK(object.status == 200);
  CHECK(object.Header("content-type") == "application/json");
  CHECK(object.body == Wrapped(kOneContainer));
  CHECK(node.daemon().Requests().back().query == "all=1&limit=3");
  CHECK(Send(node.url(), "POST", kObjectRoute + "?key=second").body ==
        Wrapped(kOneContainer, "second"));
}

TEST_CASE("Both routes share a runtime call and its failure") {
  Node node;
  node.Start(RespondWhenReleased(GoodResponse()));
  std::vector<HttpCall> arrays = PostMany(node, 1);
  REQUIRE(node.daemon().WaitForRequests(1, kGenerous));
  for (HttpCall& call : PostMany(node, 3)) arrays.push_back(std::move(call));
  std::vector<HttpCall> objects;
  for (const char* query : {"", "", "?key=a"})
    objects.emplace_back(node.url(),
                         RequestBytes("POST", kObjectRoute + query));
  WaitForWaiting(node, 7);
  node.daemon().Release();
  for (HttpCall& call : arrays) CheckCollected(call.Wait());
  for (std::size_t i = 0; i < 2; ++i)
    CHECK(objects[i].Wait().body == Wrapped(kOneContainer));
  CHECK(objects[2].Wait().body == Wrapped(kOneContainer, "a"));
  CHECK(node.daemon().Requests().size() == 2);
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
  for (const char* limit : {"1", "2", "3", "4", "5", "6"}) {
    others.emplace_back(
        node.url(),
        RequestBytes("POST", std::string(kRoute) + "?limit=" + limit));
  }
  REQUIRE(node.daemon().WaitForRequests(4, kGenerous));
  CheckCollected(Post(node.url()));
  CHECK(node.daemon().Requests().size() == 5);
  node.Stop();
  for (HttpCall& call : others) CHECK(call.Wait().status == 500);
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
}

TEST_CASE("Other methods, paths and query parameters are rejected") {
  Node node;
  node.Start(GoodDaemon());
  for (const std::string method : {"GET", "PUT", "DELETE", "OPTIONS"}) {
    const HttpResponse response =
        Send(node.url(), method, method == "GET" ? kObjectRoute : kRoute);
    CheckText(response, 405, "method " + method + " is not supported");
    CHECK(response.headers.at("allow") == "POST");
  }
  for (const char* path : {"/processor", "/processor/containercollector/",
                           "/Healthz", "/processor%2Fcontainercollector",
                           "//healthz", "*", "http://localhost/healthz"}) {
    CheckText(
        Send(node.url(), "POST", path), 404,
        "Nothing is served at this path. This server has:\n"
        "GET / (this page)\n"
        "POST /processor/containercollector (the containers of this node, as "
        "a JSON array)\n"
        "POST /processor/containerCollector (the same as a JSON object, for "
        "KubeDiag v0.2.0 and later)\n"
        "GET /healthz (whether this server runs)\n"
        "GET /readyz (whether a collection would succeed now)\n"
        "GET /metrics (metrics for Prometheus)");
  }
  for (const char* path : {"/", "/healthz"}) {
    const HttpResponse post = Send(node.url(), "POST", path);
    CheckText(post, 405, "This path takes only GET and HEAD.");
    CHECK(post.headers.at("allow") == "GET, HEAD");
  }
  for (const auto& route : {std::string(kRoute), kObjectRoute}) {
    CheckText(Send(node.url(), "POST", route + "?limit=many"), 400,
              "invalid limit \"many\": write how many containers are wanted, "
              "e.g. limit=10, or 0 for all");
  }
  CHECK(node.daemon().Requests().empty());
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
    CHECK(CountOf(page.body, part) == 1);
  }
}

TEST_CASE("A server needs no restart, whatever happened to its daemon") {
  Node node({"--timeout", "1s"});
  CheckText(Post(node.url()), 500, CannotConnect(node));
  node.Start(GoodDaemon());
  CheckCollected(Post(node.url()));
  node.Stop(SocketFile::kRemove);
  CheckText(Post(node.url()), 500, CannotConnect(node));
  REQUIRE(mkdir(node.socket_path().c_str(), 0700) == 0);
  CHECK(Post(node.url()).status == 500);
  REQUIRE(rmdir(node.socket_path().c_str()) == 0);
  node.Start(GoodDaemon());
  CheckCollected(Post(node.url()));
  node.Stop(SocketFile::kLeave);
  CheckText(Post(node.url()), 500, CannotConnect(node));
  node.Start(RespondWith(DaemonError(500, "the disk is full")));
  CheckText(Post(node.url()), 500,
            "Error response from daemon: the disk is full");
  node.Start(GoodDaemon());
  CheckCollected(Post(node.url()));
  // It hangs on a connection that is kept, and goes on.
  node.daemon().SetScript(NeverRespond());
  CheckText(Post(node.url()), 500, TimedOut(node, "1s"));
  node.daemon().SetScript(GoodDaemon());
  CheckCollected(Post(node.url()));
}

TEST_CASE("/healthz never queries the runtime, /readyz does") {
  Node node;
  CheckText(Get(node.url(), "/healthz"), 200, "ok");
  WaitForReadiness(node.url(), 503, CannotConnect(node));
  node.Start(GoodDaemon());
  CheckText(Get(node.url(), "/healthz"), 200, "ok");
  CHECK(node.daemon().Requests().empty());
  WaitForReadiness(node.url(), 200,
                   "The Docker daemon at " + node.host() + " responds.");
  CHECK(node.daemon().Requests().at(0).target ==
        "/v1.40/containers/json?all=1");
  const std::string head = Send(node.url(), "HEAD", "/healthz").bytes;
  CHECK(head.rfind("HTTP/1.1 200 OK\r\n", 0) == 0);
  CHECK(head.find("\r\n\r\n") == head.size() - 4);
}

TEST_CASE("/readyz is not ready if a collection would fail") {
  // Its last container is wrong.
  const std::string wrong =
      std::string(kOneContainer, 0, kOneContainer.size() - 1) + R"(,{"Id":7}])";
  struct Case {
    Command arguments;
    std::string containers;
  };
  for (const auto& [arguments, containers] :
       {Case{{"--docker-api-version=1.99"}, std::string(kOneContainer)},
        Case{{"--max-answer-bytes=100"}, std::string(kOneContainer)},
        Case{{}, wrong}}) {
    Node node(arguments);
    node.Start(GoodDaemon(containers));
    const HttpResponse collected = Post(node.url());
    CHECK(collected.status == 500);
    CHECK_FALSE(collected.body.empty());
    CheckText(Get(node.url(), "/readyz"), 503, collected.body);
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
}

TEST_CASE("/readyz shares a collection with requests") {
  Node node({"--timeout", "1s"});
  node.Start(NeverRespond());
  std::vector<HttpCall> calls = PostMany(node, 10);
  std::vector<HttpCall> probes;
  for (int i = 0; i < 10; ++i)
    probes.emplace_back(node.url(), RequestBytes("GET", "/readyz"));
  for (HttpCall& call : calls)
    CheckText(call.Wait(), 500, TimedOut(node, "1s"));
  for (HttpCall& call : probes)
    CheckText(call.Wait(), 503, TimedOut(node, "1s"));
  CHECK(node.daemon().Requests().size() <= 3);
  // One call at a time, and the end of the last one may not be noticed yet.
  CHECK(node.daemon().MaxOpenConnections() <= 2);
}
