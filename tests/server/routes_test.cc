// SPDX-License-Identifier: Apache-2.0

/// What callers of the server get, when all is well and when it is not.
#include "server/routes.h"

#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "containercollector/processor.h"
#include "tests/server/node.h"

using namespace containercollector::test;
using containercollector::Processor;
using containercollector::server::AnswerLimits;

namespace {

const std::string kObjectRoute(Processor::kObjectPath);

using Key = std::optional<std::string>;

const std::string kKey = "collector.kubernetes.container.list";

/// A node whose answers have limits.
class LimitedNode : public LocalNode {
 public:
  explicit LimitedNode(AnswerLimits limits)
      : LocalNode([&](Options& options) { options.answer_limits = limits; }) {}

  /// Returns the array that the daemon lists, or the object with it.
  HttpResponse Ask(const std::string& array, const Key& key) {
    Start(GoodDaemon(array));
    return Send(url(), "POST",
                key ? kObjectRoute + "?key=" + *key : std::string(kRoute));
  }
};

/// kOneContainer with a command that consists of `padding`.
std::string WithCommand(std::string_view padding) {
  std::string list(kOneContainer);
  constexpr std::string_view kCommand = "sleep";
  return list.replace(list.find(kCommand), kCommand.size(), padding);
}

/// Returns an array that makes a body of `bytes`. A fifth of them are escapes,
/// which the object escapes again, and text that is not ASCII.
std::string ArrayOf(std::size_t bytes, const Key& key) {
  std::string command;
  for (std::size_t i = 0; i < bytes / 50; ++i) command += "\\\"\\\\\xc3\xa9";
  const std::string array = WithCommand(command);
  const std::size_t size = key ? Wrapped(array, *key).size() : array.size();
  return WithCommand(command + std::string(bytes - size, 'x'));
}

/// @param largest What the text says of the largest containers.
std::string TooLarge(int containers, std::size_t bytes, std::size_t limit,
                     const std::string& largest) {
  return "The " + std::to_string(containers) +
         " containers of this node make an answer of " + std::to_string(bytes) +
         " bytes, more than the limit of " + std::to_string(limit) +
         " bytes (--max-answer-bytes). " + largest +
         "Narrow it with filters, e.g. "
         R"(?filters={"status":["running"]}, or with limit.)";
}

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

TEST_CASE("Both routes and /readyz share runtime calls and their failures") {
  Node node;
  const bool fails = GENERATE(false, true);
  node.Start(RespondWhenReleased(fails ? DaemonError(500, "the disk is full")
                                       : GoodResponse()));
  std::vector<HttpCall> arrays = PostMany(node, 1);
  REQUIRE(node.daemon().WaitForRequests(1, kGenerous));
  for (HttpCall& call : PostMany(node, 3)) arrays.push_back(std::move(call));
  std::vector<HttpCall> objects;
  for (const char* query : {"", "", "?key=a"})
    objects.emplace_back(node.url(),
                         RequestBytes("POST", kObjectRoute + query));
  HttpCall probe(node.url(), RequestBytes("GET", "/readyz"));
  WaitForWaiting(node, 8);
  node.daemon().Release();
  if (fails) {
    const std::string text = "Error response from daemon: the disk is full";
    for (HttpCall& call : arrays) CheckText(call.Wait(), 500, text);
    for (HttpCall& call : objects) CheckText(call.Wait(), 500, text);
    CheckText(probe.Wait(), 503, text);
  } else {
    for (HttpCall& call : arrays) CheckCollected(call.Wait());
    for (std::size_t i = 0; i < 2; ++i)
      CHECK(objects[i].Wait().body == Wrapped(kOneContainer));
    CHECK(objects[2].Wait().body == Wrapped(kOneContainer, "a"));
    CHECK(probe.Wait().status == 200);
  }
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

TEST_CASE(
    "A body as large as its limit is sent, and a larger one is an error") {
  for (const auto& [limits, key, limit] :
       {std::tuple(AnswerLimits{}, Key(), 1'048'576),
        std::tuple(AnswerLimits{}, Key(kKey), 1'500'000),
        std::tuple(AnswerLimits{1000, 2000}, Key(), 1000),
        std::tuple(AnswerLimits{1000, 2000}, Key(kKey), 2000)}) {
    CAPTURE(limit, key.has_value());
    LimitedNode node(limits);
    const auto size = static_cast<std::size_t>(limit);
    const std::string array = ArrayOf(size, key);
    const HttpResponse sent = node.Ask(array, key);
    CHECK(sent.status == 200);
    CHECK((sent.body == (key ? Wrapped(array, *key) : array)));
    const std::string larger = ArrayOf(size + 1, key);
    CheckText(node.Ask(larger, key), 500,
              TooLarge(1, size + 1, size,
                       "The largest: /web with " +
                           std::to_string(larger.size() - 2) + " bytes. "));
    // The key counts too.
    if (key) CHECK(node.Ask(array, *key + "k").status == 500);
  }
  // 0 turns the limit off.
  LimitedNode unlimited({0, 0});
  const std::string large = ManyContainers(5'000'000);
  CHECK((unlimited.Ask(large, {}).body == large));
  CHECK((unlimited.Ask(large, kKey).body == Wrapped(large)));
}

TEST_CASE(
    "The error of a list that is too large names its largest containers") {
  const auto container = [](std::string_view id, std::string_view names,
                            std::size_t bytes) {
    std::string json(kOneContainer.substr(1, kOneContainer.size() - 2));
    const std::string_view kHead = R"({"Id":"a1","Names":["/web"])";
    json.replace(
        0, kHead.size(),
        R"({"Id":")" + std::string(id) + R"(","Names":)" + std::string(names));
    // Characters that end neither the string nor the container.
    const std::string noise = R"(\"}{\\],)";
    REQUIRE(json.size() + noise.size() <= bytes);
    return json.insert(
        json.find("sleep"),
        noise + std::string(bytes - json.size() - noise.size(), 'x'));
  };
  const std::string overlong = R"(["/)" + std::string(400, 'n') + R"("])";
  const std::string small = container("b1", R"(["/small"])", 290);
  LimitedNode node({1, 1});
  for (const auto& [list, count, largest] :
       {std::tuple(small + "," +
                       container("b2", R"(["/third","/other"])", 300) + "," +
                       container("b3", R"(["/first"])", 500) + "," +
                       container("b4", "[]", 400),
                   4,
                   "The largest: /first with 500 bytes, b4 with 400 bytes, "
                   "/third with 300 bytes. "),
        std::tuple(small + "," + container("", "null", 800), 2,
                   "The largest: a container without a name with 800 bytes, "
                   "/small with 290 bytes. "),
        std::tuple(container("b5", overlong, 1000), 1,
                   "The largest: b5 with 1000 bytes. "),
        std::tuple(std::string(), 0, "")}) {
    const std::string array = "[" + list + "]";
    CheckText(node.Ask(array, {}), 500,
              TooLarge(count, array.size(), 1, largest));
    CheckText(node.Ask(array, kKey), 500,
              TooLarge(count, Wrapped(array).size(), 1, largest));
  }
}

TEST_CASE("A list that is too large is not a runtime failure") {
  Node node({"--max-answer-bytes", "1000"});
  node.Start(GoodDaemon(ManyContainers(1200)));
  for (const auto& route : {std::string(kRoute), kObjectRoute})
    CHECK(Send(node.url(), "POST", route).status == 500);
  const std::string metrics = Get(node.url(), "/metrics").body;
  CheckOnce(
      metrics,
      {R"(_requests_total{route="collect",status="500"} 2)",
       R"(_daemon_calls_total{call="list",result="ok"} 2)",
       R"(_daemon_calls_total{call="list",result="response_too_large"} 0)",
       "_last_response_containers 5\n"});
  const std::string log = node.Log();
  // That of the start is the only one.
  const std::string failed = "msg=\"the container runtime failed\"";
  CHECK(log.find(failed + " call=\"list\" code=\"cannot_connect\"") ==
        log.rfind(failed));
  CHECK(log.find(" error=\"The 5 containers of this node make an answer of ") !=
        std::string::npos);
}
