// SPDX-License-Identifier: Apache-2.0

#include "server/collect/collector.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/collection_responses.h"
#include "tests/support/catch.h"

using namespace containercollector;
using namespace containercollector::server;

namespace {

using Texts = std::vector<std::string>;

/// Lists one container, which lacks what the errors say.
class FakeRuntime final : public ContainerRuntime {
 public:
  explicit FakeRuntime(Texts errors = {}, const std::string* id = nullptr)
      : errors_(std::move(errors)), id_(id) {}

  const std::string& endpoint() const noexcept override { return endpoint_; }

 private:
  void DoForEachContainer(const ListOptions& /*options*/,
                          const ContainerVisitor& visitor,
                          const CallOptions& call) const override {
    for (const std::string& error : errors_)
      call.on_incomplete(Error(ErrorCode::kTimeout, error));
    Container container;
    if (id_ != nullptr) container.id = *id_;
    visitor(container);
  }
  PingResult DoPing(const CallOptions& /*call*/) const override { return {}; }

  const std::string endpoint_ = "unix:///fake";
  const Texts errors_;
  const std::string* const id_;
};

/// The lines for a collection with these errors: each cause with the number of
/// its containers, and whether all have ended.
Texts LinesOf(IncompleteLog& log, const Texts& errors, bool is_whole = true) {
  Causes causes;
  for (const std::string& error : errors) AddCause(error, causes);
  const auto [begun, all_ended] = log.Update(causes, is_whole);
  Texts lines;
  for (const Cause& cause : begun)
    lines.push_back(std::to_string(cause.containers) + " " + cause.error);
  if (all_ended) lines.emplace_back("all ended");
  return lines;
}

}  // namespace

TEST_CASE("Equal collections share their body, others do not") {
  Metrics metrics;
  std::string id = "a1";
  Collector collector(std::make_unique<FakeRuntime>(Texts{}, &id), metrics);
  const CollectionPtr first = collector.Collect({});
  CHECK(collector.Collect({})->body == first->body);
  id = "b2";
  const CollectionPtr second = collector.Collect({});
  CHECK(second->body->find(R"("Id":"b2")") != std::string::npos);
  CHECK(second->body->size() == first->body->size());
  CHECK(first->body->find(R"("Id":"a1")") != std::string::npos);
}

TEST_CASE("Both routes say in a header how many containers lack details") {
  Metrics metrics;
  CollectionResponses responses({0, 0});
  const auto headers_of = [&](Texts errors) {
    Collector collector(std::make_unique<FakeRuntime>(std::move(errors)),
                        metrics);
    const CollectionPtr collection = collector.Collect({});
    const HttpResponse array = responses.For(*collection, std::nullopt);
    CHECK(array.status == 200);
    CHECK(responses.For(*collection, "key").headers == array.headers);
    return array.headers;
  };
  CHECK(headers_of({"a", "b"}) ==
        std::vector<std::pair<std::string, std::string>>{
            {"Container-Collector-Incomplete", "2"}});
  CHECK(headers_of({}).empty());
  CHECK(metrics.ToText().find(
            "\ncontainercollector_incomplete_containers_total 2\n") !=
        std::string::npos);
}

TEST_CASE("Each cause is one line, when it begins and when all have ended") {
  IncompleteLog log;
  const Texts both = {"status of 0db1c5a0ffee: shim 12 is dead",
                      "status of feedbeef0123: shim 9 is dead", "timed out"};
  CHECK(LinesOf(log, {}).empty());
  CHECK(LinesOf(log, both) == Texts{"2 " + both[0], "1 timed out"});
  CHECK(LinesOf(log, both).empty());
  CHECK(LinesOf(log, {both[1]}).empty());
  CHECK(LinesOf(log, {both[1], "timed out"}) == Texts{"1 timed out"});
  CHECK(LinesOf(log, {}) == Texts{"all ended"});
  CHECK(LinesOf(log, {}).empty());
}

TEST_CASE("Only a collection of all containers shows that a cause has ended") {
  IncompleteLog log;
  CHECK(LinesOf(log, {"dead"}, false) == Texts{"1 dead"});
  CHECK(LinesOf(log, {}, false).empty());
  CHECK(LinesOf(log, {"dead"}, false).empty());
  CHECK(LinesOf(log, {"dead"}).empty());
  CHECK(LinesOf(log, {}) == Texts{"all ended"});
}

TEST_CASE("The lines about incomplete containers are few") {
  IncompleteLog log;
  Texts many;
  for (char c = 'a'; c <= 'z'; ++c) many.emplace_back(1, c);
  CHECK(LinesOf(log, many).size() == 8);
  for (const bool is_whole : {true, false})
    CHECK(LinesOf(log, many, is_whole).empty());
  IncompleteLog narrowed;
  for (const std::string& text : many) LinesOf(narrowed, {text}, false);
  CHECK(LinesOf(narrowed, {"another"}, false).empty());
}
