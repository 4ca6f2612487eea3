// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/examples/nodes.h"
#include "tests/support/program.h"

namespace containercollector::test {
namespace {

/// One script for each request, the last for all that follow.
Script InTurn(std::vector<Script> scripts) {
  const auto requests = std::make_shared<std::atomic<std::size_t>>(0);
  return [scripts = std::move(scripts), requests](const Request& request,
                                                  Exchange& exchange) {
    const std::size_t turn = std::min((*requests)++, scripts.size() - 1);
    scripts[turn](request, exchange);
  };
}

const std::string kWatching = "Watching. Containers now: ";
const Container kWeb = MakeContainer("a1", "web", "running", "Up");
const Container kDb = MakeContainer("b1", "db", "running", "Up");

/// Checks the output after as many lists as there are scripts.
void CheckWatch(const std::vector<Script>& scripts, const std::string& out,
                const std::string& err = "", int exit_code = 0) {
  Node node;
  node.Start(InTurn(scripts));
  CheckOutput(Run({WATCH_RESTARTS, "--host", node.host(), "--interval", "0.01",
                   "--count", std::to_string(scripts.size())}),
              kWatching + out, err, exit_code);
}

TEST_CASE("watch_restarts reports what changed between two lists") {
  Container nameless = MakeContainer(std::string(64, 'c'), "", "dead", "Dead");
  nameless.names.reset();
  CheckWatch(
      {DaemonWith({kWeb, kDb, nameless}),
       DaemonWith({MakeContainer("a1", "web", "exited", "Exited (1)"),
                   MakeContainer("b1", "db", "running", "Up 1 second")}),
       DaemonWith({MakeContainer("c1", "job", "created", "Created"), kWeb,
                   MakeContainer("b2", "db", "running", "Up")}),
       DaemonWith({MakeContainer("a1", "web", "running", "Up 1 second")}),
       DaemonWith({kWeb, MakeContainer("d1", "\x1B[2J", "x", "\xC2\x9BUp\n")})},
      R"(3
web: was running, is exited, Exited (1)
cccccccccccc: disappeared, was dead
db: replaced, b1 by b2, Up
job: appeared, Created
web: was exited, is running, Up
db: disappeared, was running
job: disappeared, was created
?[2J: appeared, ?Up?
)");
}

TEST_CASE("watch_restarts reports each failure once and continues") {
  const Script both = DaemonWith({kWeb, kDb});
  const Script broken = RespondWith(DaemonError(500, "no layer \x1B[2J"));
  const Script starting = RespondWith(DaemonError(503, "still starting"));
  CheckWatch({both, broken, broken, both, broken, broken, starting, broken,
              DaemonWith({kDb})},
             R"(2
web: disappeared, was running
)",
             R"(Error response from daemon: no layer ?[2J
The daemon responds again.
Error response from daemon: no layer ?[2J
Error response from daemon: still starting
Error response from daemon: no layer ?[2J
The daemon responds again.
)");
  CheckWatch({both, starting}, "2\n",
             "Error response from daemon: still starting\n", 1);
}

TEST_CASE("watch_restarts survives a restart of the daemon") {
  Node node;
  node.Start(DaemonWith({kWeb, kDb}));
  Program watch({WATCH_RESTARTS, "--host", node.host(), "--interval", "0.01"});
  REQUIRE(watch.WaitForOutput(kWatching + "2\n"));
  node.Stop();
  REQUIRE(watch.WaitForErrorOutput(CannotConnect(node)));
  node.Start(DaemonWith({kWeb, MakeContainer("b1", "db", "exited", "Exited")}));
  REQUIRE(watch.WaitForErrorOutput("The daemon responds again.\n"));
  REQUIRE(watch.WaitForOutput("db: was running, is exited, Exited\n"));
  constexpr int kTerminated = 128 + 15;
  CHECK(watch.Terminate() == kTerminated);
}

TEST_CASE("watch_restarts rejects invalid intervals, counts and endpoints") {
  const auto [name, value] =
      GENERATE(table<std::string, std::string>({{"--interval", "0"},
                                                {"--interval", "-1"},
                                                {"--interval", "soon"},
                                                {"--count", "-1"},
                                                {"--host", "ftp://nowhere"}}));
  CHECK(Run({WATCH_RESTARTS, name, value}).exit_code == 2);
  CHECK(Run({WATCH_RESTARTS, "--help"}).exit_code == 0);
}

}  // namespace
}  // namespace containercollector::test
