// SPDX-License-Identifier: Apache-2.0

/// Lists that are too large for their receiver.
#include <string>
#include <string_view>

#include "tests/server/node.h"

using namespace containercollector::test;

namespace {

constexpr std::string_view kObjectRoute = "/processor/containerCollector";

/// kOneContainer with a command that consists of `padding`.
std::string WithCommand(std::string_view padding) {
  std::string list(kOneContainer);
  constexpr std::string_view kCommand = "sleep";
  return list.replace(list.find(kCommand), kCommand.size(), padding);
}

/// An array of exactly `bytes` bytes.
std::string ArrayOf(std::size_t bytes) {
  const std::size_t others = WithCommand("").size();
  return WithCommand(std::string(bytes - others, 'x'));
}

/// An array whose object has exactly `bytes` bytes, and in which a fifth of
/// them are escapes, which are escaped again, and text that is not ASCII.
std::string ArrayOfObject(
    std::size_t bytes,
    std::string_view key = "collector.kubernetes.container.list") {
  std::string command;
  for (std::size_t i = 0; i < bytes / 50; ++i) command += "\\\"\\\\\xc3\xa9";
  const std::size_t others = Wrapped(WithCommand(command), key).size();
  return WithCommand(command + std::string(bytes - others, 'x'));
}

HttpResponse PostObject(const Node& node, const std::string& query = "") {
  return HttpCall(node.url(),
                  RequestBytes("POST", std::string(kObjectRoute) + query))
      .Wait();
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

/// What the text says if the only container has this size.
std::string Largest(std::size_t bytes) {
  return "The largest: /web with " + std::to_string(bytes) + " bytes. ";
}

/// The same of up to ten of ManyContainers(), whose IDs have one more digit.
std::string LargestOfMany() {
  const std::string one =
      "/web with " + std::to_string(kOneContainer.size() - 1) + " bytes";
  return "The largest: " + one + ", " + one + ", " + one + ". ";
}

// Catch would print megabytes of them.
void CheckBody(const HttpResponse& response, const std::string& body) {
  CHECK(response.status == 200);
  CHECK((response.body == body));
}

}  // namespace

TEST_CASE("An array of 1 MiB is sent, and one byte more is an error") {
  Node node;
  const std::string largest = ArrayOf(1'048'576);
  node.Start(GoodDaemon(largest));
  CheckBody(Post(node.url()), largest);
  node.Start(GoodDaemon(ArrayOf(1'048'577)));
  CheckText(Post(node.url()), 500,
            TooLarge(1, 1'048'577, 1'048'576, Largest(1'048'575)));
  // The object has its own limit.
  CheckBody(PostObject(node), Wrapped(ArrayOf(1'048'577)));
  CheckStops(node.server());
}

TEST_CASE("An object of 1500000 bytes is sent, and one byte more is an error") {
  Node node;
  const std::string largest = ArrayOfObject(1'500'000);
  node.Start(GoodDaemon(largest));
  CheckBody(PostObject(node), Wrapped(largest));
  // The key counts too.
  CheckText(PostObject(node, "?key=" + std::string(36, 'k')), 500,
            TooLarge(1, 1'500'001, 1'500'000, Largest(largest.size() - 2)));
  CheckBody(PostObject(node), Wrapped(largest));
  const std::string larger = ArrayOfObject(1'500'001);
  node.Start(GoodDaemon(larger));
  CheckText(PostObject(node), 500,
            TooLarge(1, 1'500'001, 1'500'000, Largest(larger.size() - 2)));
  CheckStops(node.server());
}

TEST_CASE("The flag --max-answer-bytes limits the bodies of both routes") {
  Node node({"--max-answer-bytes", "1000"});
  const std::string array = ArrayOf(1000);
  node.Start(GoodDaemon(array));
  CheckBody(Post(node.url()), array);
  CheckText(PostObject(node), 500,
            TooLarge(1, Wrapped(array).size(), 1000, Largest(998)));
  const std::string key = R"(k"\)";
  const std::string small = ArrayOfObject(1000, R"(k\"\\)");
  node.Start(GoodDaemon(small));
  CheckBody(PostObject(node, "?key=k%22%5C"), Wrapped(small, R"(k\"\\)"));
  node.Start(GoodDaemon(ManyContainers(1200)));
  CheckText(Post(node.url()), 500,
            TooLarge(5, ManyContainers(1200).size(), 1000, LargestOfMany()));
  CheckStops(node.server());
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
    const std::size_t command = json.find("sleep");
    // Characters that end neither the string nor the container.
    const std::string noise = R"(\"}{\\],)";
    REQUIRE(json.size() + noise.size() <= bytes);
    return json.insert(
        command, noise + std::string(bytes - json.size() - noise.size(), 'x'));
  };
  const std::string overlong = "/" + std::string(400, 'n');
  const std::string small = container("b1", R"(["/small"])", 290);
  Node node({"--max-answer-bytes", "1000"});
  const auto check = [&](const std::string& array, int count,
                         const std::string& largest) {
    node.Start(GoodDaemon(array));
    CheckText(Post(node.url()), 500,
              TooLarge(count, array.size(), 1000, largest));
    CheckText(PostObject(node), 500,
              TooLarge(count, Wrapped(array).size(), 1000, largest));
  };
  check("[" + small + "," + container("b2", R"(["/third","/other"])", 300) +
            "," + container("b3", R"(["/first"])", 500) + "," +
            container("b4", "[]", 400) + "]",
        4,
        "The largest: /first with 500 bytes, b4 with 400 bytes, /third with "
        "300 bytes. ");
  check("[" + small + "," + container("", "null", 800) + "]", 2,
        "The largest: a container without a name with 800 bytes, /small with "
        "290 bytes. ");
  check("[" + container("b5", R"([")" + overlong + R"("])", 1000) + "]", 1,
        "The largest: b5 with 1000 bytes. ");
  CheckStops(node.server());
}

TEST_CASE("The error of a list without containers names none") {
  Node node({"--max-answer-bytes", "1"});
  node.Start(GoodDaemon("[]"));
  CheckText(Post(node.url()), 500, TooLarge(0, 2, 1, ""));
  CheckStops(node.server());
}

TEST_CASE("The flag --max-answer-bytes 0 turns the limit off") {
  Node node({"--max-answer-bytes", "0"});
  const std::string large = ManyContainers(5'000'000);
  node.Start(GoodDaemon(large));
  CheckBody(Post(node.url()), large);
  CheckBody(PostObject(node), Wrapped(large));
  CheckStops(node.server());
}

TEST_CASE("Requests of a batch get their own result if one is too large") {
  Node node({"--max-answer-bytes", "300"});
  REQUIRE(kOneContainer.size() < 300);
  REQUIRE(Wrapped(kOneContainer).size() > 300);
  node.Start(RespondWhenReleased(GoodResponse()));
  std::vector<HttpCall> running = PostMany(node, 1);
  REQUIRE(node.daemon().WaitForRequests(1, kGenerous));
  std::vector<HttpCall> arrays = PostMany(node, 3);
  std::vector<HttpCall> objects;
  for (int i = 0; i < 3; ++i)
    objects.emplace_back(node.url(), RequestBytes("POST", kObjectRoute));
  WaitForWaiting(node, 7);
  node.daemon().Release();
  for (HttpCall& call : running) CheckCollected(call.Wait());
  for (HttpCall& call : arrays) CheckCollected(call.Wait());
  for (HttpCall& call : objects) {
    CheckText(call.Wait(), 500,
              TooLarge(1, Wrapped(kOneContainer).size(), 300,
                       Largest(kOneContainer.size() - 2)));
  }
  CHECK(node.daemon().Requests().size() == 2);
  CheckStops(node.server());
}

TEST_CASE("A list that is too large is no failure of the daemon") {
  Node node({"--max-answer-bytes", "1000"});
  node.Start(GoodDaemon(ManyContainers(1200)));
  CHECK(Post(node.url()).status == 500);
  CHECK(PostObject(node).status == 500);
  const std::string metrics = Get(node.url(), "/metrics").body;
  for (const char* line :
       {R"(requests_total{route="collect",status="500"} 2)",
        R"(daemon_calls_total{call="list",result="ok"} 2)",
        R"(daemon_calls_total{call="list",result="response_too_large"} 0)"}) {
    CAPTURE(line);
    CHECK(metrics.find("\ncontainercollector_" + std::string(line) + "\n") !=
          std::string::npos);
  }
  CHECK(metrics.find("_containers 5\n") != std::string::npos);
  CheckStops(node.server());
  const std::string log = node.server().ErrorOutput();
  // That of the start is the only one.
  const std::string failed = "msg=\"the container runtime failed\"";
  CHECK(log.find(failed + " call=\"list\" code=\"cannot_connect\"") ==
        log.rfind(failed));
  const std::size_t bytes = ManyContainers(1200).size();
  for (const std::size_t size : {bytes, Wrapped(ManyContainers(1200)).size()}) {
    CHECK(log.find(" error=\"The 5 containers of this node make an answer of " +
                   std::to_string(size) + " bytes, more than") !=
          std::string::npos);
  }
}
