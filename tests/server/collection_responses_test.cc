// SPDX-License-Identifier: Apache-2.0
#include "server/collection_responses.h"

#include <utility>

#include "tests/server/node.h"

using namespace containercollector::test;
using containercollector::ErrorCode;
using containercollector::server::AnswerLimits;
using containercollector::server::Collection;
using containercollector::server::CollectionResponses;

namespace {

using Key = std::optional<std::string>;

const std::string kKey = "collector.kubernetes.container.list";

Collection CollectionOf(std::string array, std::size_t count = 1) {
  Collection collection;
  collection.response.status = 200;
  collection.response.container_count = count;
  collection.body = std::make_shared<const std::string>(std::move(array));
  return collection;
}

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

TEST_CASE(
    "A body as large as its limit is sent, and a larger one is an error") {
  for (const auto& [limits, key, limit] :
       {std::tuple(AnswerLimits{}, Key(), 1'048'576),
        std::tuple(AnswerLimits{}, Key(kKey), 1'500'000),
        std::tuple(AnswerLimits{1000, 2000}, Key(), 1000),
        std::tuple(AnswerLimits{1000, 2000}, Key(kKey), 2000)}) {
    CAPTURE(limit, key.has_value());
    CollectionResponses responses(limits);
    const auto size = static_cast<std::size_t>(limit);
    const std::string array = ArrayOf(size, key);
    const auto sent = responses.For(CollectionOf(array), key);
    CHECK(sent.status == 200);
    CHECK((*sent.body == (key ? Wrapped(array, *key) : array)));
    if (key) {
      // The key counts too.
      CHECK(responses.For(CollectionOf(array), *key + "k").status == 500);
    }
    const std::string larger = ArrayOf(size + 1, key);
    const auto rejected = responses.For(CollectionOf(larger), key);
    CHECK(rejected.status == 500);
    CHECK(*rejected.body ==
          TooLarge(1, size + 1, size,
                   "The largest: /web with " +
                       std::to_string(larger.size() - 2) + " bytes. "));
  }
  // 0 turns the limit off.
  const auto large = CollectionOf(ManyContainers(5'000'000));
  CollectionResponses unlimited({0, 0});
  CHECK((unlimited.For(large, {}).body == large.body));
  CHECK((*unlimited.For(large, kKey).body == Wrapped(*large.body)));
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
  CollectionResponses responses({1, 1});
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
    const auto collection =
        CollectionOf(array, static_cast<std::size_t>(count));
    CHECK(*responses.For(collection, {}).body ==
          TooLarge(count, array.size(), 1, largest));
    CHECK(*responses.For(collection, kKey).body ==
          TooLarge(count, Wrapped(array).size(), 1, largest));
  }
}

TEST_CASE("Consecutive requests for the same object share its body") {
  CollectionResponses responses({0, 0});
  const Collection first = CollectionOf("[]");
  const Collection second = CollectionOf("[ ]");
  const auto object = responses.For(first, "a");
  CHECK(*object.body == R"({"a":"[]"})");
  CHECK(responses.For(first, "a").body == object.body);
  const auto other = responses.For(second, "a");
  CHECK(*other.body == R"({"a":"[ ]"})");
  CHECK(*responses.For(second, R"(k"\)").body == R"({"k\"\\":"[ ]"})");
}

TEST_CASE("A failed collection is the response on both routes") {
  Collection failed = CollectionOf("why");
  failed.response.status = 400;
  failed.response.error = ErrorCode::kRequestRejected;
  CollectionResponses responses({1, 1});
  for (const Key& key : {Key(), Key(kKey)}) {
    const auto response = responses.For(failed, key);
    CHECK(response.status == 400);
    CHECK(response.body == failed.body);
  }
}

TEST_CASE("A list that is too large is no failure of the daemon") {
  Node node({"--max-answer-bytes", "1000"});
  node.Start(GoodDaemon(ManyContainers(1200)));
  for (const char* route : {"containercollector", "containerCollector"})
    CHECK(HttpCall(node.url(),
                   RequestBytes("POST", std::string("/processor/") + route))
              .Wait()
              .status == 500);
  const std::string metrics = Get(node.url(), "/metrics").body;
  for (const char* line :
       {R"(requests_total{route="collect",status="500"} 2)",
        R"(daemon_calls_total{call="list",result="ok"} 2)",
        R"(daemon_calls_total{call="list",result="response_too_large"} 0)",
        "last_response_containers 5"}) {
    CAPTURE(line);
    CHECK(metrics.find("\ncontainercollector_" + std::string(line) + "\n") !=
          std::string::npos);
  }
  const std::string log = node.Log();
  // That of the start is the only one.
  const std::string failed = "msg=\"the container runtime failed\"";
  CHECK(log.find(failed + " call=\"list\" code=\"cannot_connect\"") ==
        log.rfind(failed));
  CHECK(log.find(" error=\"The 5 containers of this node make an answer of ") !=
        std::string::npos);
}
