// SPDX-License-Identifier: Apache-2.0

/// Collections in which containers lack details.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/collect/collector.h"
#include "server/collection_responses.h"
#include "tests/support/catch.h"

using namespace containercollector;
using namespace containercollector::server;

namespace {

/// Lists one container, which lacks what the errors say.
class IncompleteRuntime final : public ContainerRuntime {
 public:
  explicit IncompleteRuntime(std::vector<std::string> errors)
      : errors_(std::move(errors)) {}

  const std::string& endpoint() const noexcept override { return endpoint_; }

 private:
  void DoForEachContainer(const ListOptions& /*options*/,
                          const ContainerVisitor& visitor,
                          const CallOptions& call) const override {
    for (const std::string& error : errors_)
      call.on_incomplete(Error(ErrorCode::kTimeout, error));
    Container container;
    visitor(container);
  }
  PingResult DoPing(const CallOptions& /*call*/) const override { return {}; }

  const std::string endpoint_ = "unix:///fake";
  const std::vector<std::string> errors_;
};

/// The errors that are logged, each with its containers; or that all ended.
std::vector<std::string> LinesOf(IncompleteLog& log,
                                 const std::vector<std::string>& errors,
                                 bool is_whole = true) {
  Causes causes;
  for (const std::string& error : errors) AddCause(error, causes);
  const auto [begun, all_ended] = log.Update(causes, is_whole);
  std::vector<std::string> lines;
  for (const Cause& cause : begun)
    lines.push_back(std::to_string(cause.containers) + " " + cause.error);
  if (all_ended) lines.emplace_back("ended");
  return lines;
}

using Lines = std::vector<std::string>;

std::string Line(int containers, const std::string& error) {
  return std::to_string(containers) + " " + error;
}

const std::string kEnd = "ended";

}  // namespace

TEST_CASE("Both routes say in a header how many containers lack details") {
  Metrics metrics;
  Collector collector(std::make_unique<IncompleteRuntime>(Lines{"a", "b"}),
                      metrics);
  CollectionResponses responses({0, 0});
  const auto collection = collector.Collect({});
  const std::vector<std::pair<std::string, std::string>> headers = {
      {"Container-Collector-Incomplete", "2"}};
  CHECK(responses.For(*collection, std::nullopt).status == 200);
  CHECK(responses.For(*collection, std::nullopt).headers == headers);
  CHECK(responses.For(*collection, "key").headers == headers);
  CHECK(responses.For(*collection, "key").headers == headers);
  collector.Collect({});
  CHECK(metrics.ToText().find(
            "\ncontainercollector_incomplete_containers_total 4\n") !=
        std::string::npos);

  Collector complete(std::make_unique<IncompleteRuntime>(Lines{}), metrics);
  CHECK(responses.For(*complete.Collect({}), std::nullopt).headers.empty());
  CHECK(responses.For(*complete.Collect({}), "key").headers.empty());
}

TEST_CASE("Each cause is one line, when it begins and when all have ended") {
  IncompleteLog log;
  const Lines both = {"status of 0db1c5a0ffee: shim 12 is dead",
                      "status of feedbeef0123: shim 9 is dead", "timed out"};
  CHECK(LinesOf(log, {}).empty());
  CHECK(LinesOf(log, both) == Lines{Line(2, both[0]), Line(1, "timed out")});
  CHECK(LinesOf(log, both).empty());
  CHECK(LinesOf(log, {both[1]}).empty());
  CHECK(LinesOf(log, {both[1], "timed out"}) == Lines{Line(1, "timed out")});
  CHECK(LinesOf(log, {}) == Lines{kEnd});
  CHECK(LinesOf(log, {}).empty());
}

TEST_CASE("Only a collection of all containers shows that a cause has ended") {
  IncompleteLog log;
  CHECK(LinesOf(log, {"dead"}, false) == Lines{Line(1, "dead")});
  CHECK(LinesOf(log, {}, false).empty());
  CHECK(LinesOf(log, {"dead"}, false).empty());
  CHECK(LinesOf(log, {"dead"}).empty());
  CHECK(LinesOf(log, {}) == Lines{kEnd});
}

TEST_CASE("The lines about incomplete containers are few") {
  IncompleteLog log;
  Lines many;
  for (char c = 'a'; c <= 'z'; ++c) many.emplace_back(1, c);
  CHECK(LinesOf(log, many).size() == 8);
  for (const bool is_whole : {true, false})
    CHECK(LinesOf(log, many, is_whole).empty());
  IncompleteLog narrowed;
  for (const std::string& text : many) LinesOf(narrowed, {text}, false);
  CHECK(LinesOf(narrowed, {"another"}, false).empty());
}
