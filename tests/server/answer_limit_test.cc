// SPDX-License-Identifier: Apache-2.0
/// Lists that are too large for their receiver.
#include <tuple>

#include "tests/server/node.h"

using namespace containercollector::test;
using containercollector::server::AnswerLimits;

namespace {

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
                key ? "/processor/containerCollector?key=" + *key
                    : std::string(kRoute));
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
    // The key counts too.
    if (key) CHECK(node.Ask(array, *key + "k").status == 500);
    const std::string larger = ArrayOf(size + 1, key);
    CheckText(node.Ask(larger, key), 500,
              TooLarge(1, size + 1, size,
                       "The largest: /web with " +
                           std::to_string(larger.size() - 2) + " bytes. "));
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

TEST_CASE("A list that is too large is no failure of the daemon") {
  Node node({"--max-answer-bytes", "1000"});
  node.Start(GoodDaemon(ManyContainers(1200)));
  for (const char* route :
       {"/processor/containercollector", "/processor/containerCollector"})
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
