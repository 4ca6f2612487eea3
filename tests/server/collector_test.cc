// SPDX-License-Identifier: Apache-2.0

#include "server/collect/collector.h"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

using namespace containercollector;
using namespace containercollector::server;

namespace {

using Texts = std::vector<std::string>;

/// What a runtime lists: one container, which lacks what the errors say.
struct Listing {
  std::string id;
  Texts errors;
};

class FakeRuntime final : public ContainerRuntime {
 public:
  explicit FakeRuntime(const Listing& listing) : listing_(listing) {}

  const std::string& endpoint() const noexcept override { return endpoint_; }

 private:
  void DoForEachContainer(const ListOptions& /*options*/,
                          const ContainerVisitor& visitor,
                          const CallOptions& call) const override {
    for (const std::string& error : listing_.errors)
      call.on_incomplete(Error(ErrorCode::kTimeout, error));
    Container container;
    container.id = listing_.id;
    visitor(container);
  }
  PingResult DoPing(const CallOptions& /*call*/) const override { return {}; }

  const std::string endpoint_ = "unix:///fake";
  const Listing& listing_;
};

/// A collector, and what it logs.
class Fixture {
 public:
  Fixture() {
    auto logger = std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_));
    logger->set_pattern("%v");
    spdlog::set_default_logger(std::move(logger));
  }
  ~Fixture() { spdlog::set_default_logger(before_); }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  /// Returns the lines that a collection with these errors logs: a number of
  /// containers and an error, or that all errors have ended.
  Texts LinesOf(Texts errors, bool is_whole = true) {
    listing.errors = std::move(errors);
    ListOptions options;
    options.all = is_whole;
    log_.str("");
    Collect(options, 1);
    std::istringstream log(log_.str());
    Texts lines;
    for (std::string line; std::getline(log, line);) lines.push_back(line);
    return lines;
  }

  Listing listing;
  Metrics metrics;
  const Batcher<ListOptions>::Call Collect =
      MakeCollector(std::make_unique<FakeRuntime>(listing), metrics);

 private:
  const std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
  std::ostringstream log_;
};

std::string Line(int containers, const std::string& error) {
  return "msg=\"containers lack details\" containers=" +
         std::to_string(containers) + " error=\"" + error + "\"";
}

const std::string kAllEnded = "msg=\"all containers have their details again\"";

}  // namespace

TEST_CASE("Equal collections share their body, others do not") {
  Fixture fixture;
  fixture.listing.id = "a1";
  const CollectionPtr first = fixture.Collect({}, 1);
  CHECK(fixture.Collect({}, 1)->body == first->body);
  fixture.listing.id = "b2";
  const CollectionPtr second = fixture.Collect({}, 1);
  CHECK(second->body->find(R"("Id":"b2")") != std::string::npos);
  CHECK(second->body->size() == first->body->size());
  CHECK(first->body->find(R"("Id":"a1")") != std::string::npos);
}

TEST_CASE("Each cause is one line, when it begins and when all have ended") {
  Fixture fixture;
  const Texts both = {"status of 0db1c5a0ffee: shim 12 is dead",
                      "status of feedbeef0123: shim 9 is dead", "timed out"};
  CHECK(fixture.LinesOf({}).empty());
  CHECK(fixture.LinesOf(both) == Texts{Line(2, both[0]), Line(1, "timed out")});
  CHECK(fixture.LinesOf(both).empty());
  CHECK(fixture.LinesOf({both[1]}).empty());
  CHECK(fixture.LinesOf({both[1], "timed out"}) == Texts{Line(1, "timed out")});
  CHECK(fixture.LinesOf({}) == Texts{kAllEnded});
  CHECK(fixture.LinesOf({}).empty());
  CHECK(fixture.metrics.ToText().find(
            "\ncontainercollector_incomplete_containers_total 9\n") !=
        std::string::npos);
}

TEST_CASE("Only a collection of all containers shows that a cause has ended") {
  Fixture fixture;
  CHECK(fixture.LinesOf({"dead"}, false) == Texts{Line(1, "dead")});
  CHECK(fixture.LinesOf({}, false).empty());
  CHECK(fixture.LinesOf({"dead"}, false).empty());
  CHECK(fixture.LinesOf({"dead"}).empty());
  CHECK(fixture.LinesOf({}) == Texts{kAllEnded});
}

TEST_CASE("Log lines about incomplete containers are few") {
  Texts many;
  for (char c = 'a'; c <= 'z'; ++c) many.emplace_back(1, c);
  {
    Fixture fixture;
    CHECK(fixture.LinesOf(many).size() == 8);
    for (const bool is_whole : {true, false})
      CHECK(fixture.LinesOf(many, is_whole).empty());
  }
  Fixture fixture;
  for (const std::string& text : many) fixture.LinesOf({text}, false);
  CHECK(fixture.LinesOf({"another"}, false).empty());
}
