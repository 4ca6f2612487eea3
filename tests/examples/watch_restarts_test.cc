// SPDX-License-Identifier: Apache-2.0

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/examples/nodes.h"
#include "tests/integration/node.h"
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

Output Watch(const Node& node, std::size_t count) {
  return Run({WATCH_RESTARTS, "--host", node.host(), "--interval", "0.01",
              "--count", std::to_string(count)});
}

const Script kNodeA = DaemonWith({MakeContainer("a1", "web", "running", "Up"),
                                  MakeContainer("b1", "db", "running", "Up")});

TEST_CASE("watch_restarts reports what changed between two lists") {
  Node node;
  node.Start(InTurn(
      {kNodeA,
       DaemonWith({MakeContainer("a1", "web", "exited", "Exited (1)"),
                   MakeContainer("b1", "db", "running", "Up 1 second")}),
       DaemonWith({MakeContainer("c1", "job", "created", "Created"),
                   MakeContainer("a1", "web", "running", "Up"),
                   MakeContainer("b2", "db", "running", "Up")}),
       DaemonWith({MakeContainer("a1", "web", "running", "Up 1 second")})}));
  const Output output = Watch(node, 4);
  CHECK("\n" + output.out == R"(
Watching. Containers now: 2
web: was running, is exited, Exited (1)
db: replaced, b1 by b2, Up
job: appeared, Created
web: was exited, is running, Up
db: disappeared, was running
job: disappeared, was created
)");
  CHECK(output.err.empty());
  CHECK(output.exit_code == 0);
}

TEST_CASE("watch_restarts reports each failure once and continues") {
  Node node;
  const Script broken = RespondWith(DaemonError(500, "layer not known"));
  const Script starting = RespondWith(DaemonError(503, "still starting"));
  node.Start(
      InTurn({broken, broken, kNodeA, broken, broken, starting, broken,
              DaemonWith({MakeContainer("b1", "db", "running", "Up")})}));
  const Output output = Watch(node, 8);
  CHECK(output.out ==
        "Watching. Containers now: 2\n"
        "web: disappeared, was running\n");
  CHECK("\n" + output.err == R"(
Error response from daemon: layer not known
The daemon responds again.
Error response from daemon: layer not known
Error response from daemon: still starting
Error response from daemon: layer not known
The daemon responds again.
)");
  CHECK(output.exit_code == 0);
}

TEST_CASE("watch_restarts fails if its last list fails") {
  Node node;
  CheckFailed(Watch(node, 3), 1,
              "Cannot connect to the Docker daemon at " + node.host() +
                  ". Is the docker daemon running?\n");
  node.Start(
      InTurn({kNodeA, RespondWith(DaemonError(500, "layer not known"))}));
  const Output output = Watch(node, 2);
  CHECK(output.out == "Watching. Containers now: 2\n");
  CHECK(output.err == "Error response from daemon: layer not known\n");
  CHECK(output.exit_code == 1);
}

TEST_CASE("watch_restarts survives a restart of the daemon") {
  Node node;
  node.Start(kNodeA);
  Program watch({WATCH_RESTARTS, "--host", node.host(), "--interval", "0.01"});
  REQUIRE(watch.WaitForOutput("Watching. Containers now: 2\n"));
  node.Stop();
  REQUIRE(watch.WaitForErrorOutput("Cannot connect to the Docker daemon at " +
                                   node.host() +
                                   ". Is the docker daemon running?\n"));
  node.Start(DaemonWith({MakeContainer("a1", "web", "running", "Up"),
                         MakeContainer("b1", "db", "exited", "Exited (0)")}));
  REQUIRE(watch.WaitForErrorOutput("The daemon responds again.\n"));
  REQUIRE(watch.WaitForOutput("db: was running, is exited, Exited (0)\n"));
  constexpr int kTerminated = 128 + 15;
  CHECK(watch.Terminate() == kTerminated);
}

TEST_CASE("watch_restarts identifies containers without a name by ID") {
  Container nameless = MakeContainer(std::string(64, 'c'), "", "dead", "Dead");
  nameless.names.reset();
  Node node;
  node.Start(InTurn({DaemonWith({nameless}), DaemonWith({})}));
  CHECK(Watch(node, 2).out ==
        "Watching. Containers now: 1\n"
        "cccccccccccc: disappeared, was dead\n");
}

TEST_CASE("watch_restarts prints no control characters") {
  Node node;
  node.Start(InTurn(
      {DaemonWith({}),
       DaemonWith({MakeContainer("a1", "w\x1B[2J", "x", "\xC2\x9BUp\n")}),
       RespondWith(DaemonError(500, "\x1B[2J"))}));
  const Output output = Watch(node, 3);
  CHECK(output.out ==
        "Watching. Containers now: 0\n"
        "w?[2J: appeared, ?Up?\n");
  CHECK(output.err == "Error response from daemon: ?[2J\n");
}

TEST_CASE("watch_restarts rejects invalid intervals and counts") {
  CHECK(Run({WATCH_RESTARTS, "--interval", "0"}).exit_code == 2);
  CHECK(Run({WATCH_RESTARTS, "--interval", "-1"}).exit_code == 2);
  CHECK(Run({WATCH_RESTARTS, "--interval", "soon"}).exit_code == 2);
  CHECK(Run({WATCH_RESTARTS, "--count", "-1"}).exit_code == 2);
  CHECK(Run({WATCH_RESTARTS, "--host", "ftp://nowhere"}).exit_code == 2);
  CHECK(Run({WATCH_RESTARTS, "--help"}).exit_code == 0);
}

}  // namespace
}  // namespace containercollector::test
