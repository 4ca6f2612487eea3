// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <chrono>
#include <regex>
#include <string>
#include <vector>

#include "tests/examples/nodes.h"
#include "tests/support/posix.h"
#include "tests/support/scripted_runtime.h"

namespace containercollector::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Output List(const Node& node, const Command& arguments = {}) {
  return Run(Joined({LIST_CONTAINERS, "--host", node.host()}, arguments));
}

/// Returns the output for a node with these containers.
std::string OutputOf(const std::vector<Container>& containers,
                     const Command& arguments = {}) {
  Node node;
  node.Start(DaemonWith(containers));
  const Output output = List(node, arguments);
  CheckOutput(output, output.out);
  return output.out;
}

/// Returns the output for one container, with two spaces or more between cells
/// as one "|".
std::string CellsOf(const Container& container, const Command& arguments = {}) {
  return std::regex_replace(OutputOf({container}, arguments), std::regex("  +"),
                            "|");
}

TEST_CASE("list_containers shows a recorded node as a table") {
  std::vector<Container> containers = RecordedContainers(hours(24 * 800));
  // The last two have names too long to read here.
  containers.resize(8);
  CHECK("\n" + OutputOf(containers) ==
        R"(
CONTAINER ID   IMAGE       COMMAND                  CREATED       STATUS                                  PORTS                                                                                                                   NAMES
a1e92190816c   busybox:1   "/bin/sleep 100000"      2 years ago   Up 3 seconds                                                                                                                                                    hostnet
60437ed5dc2b   busybox:1   "/bin/sleep 100000"      2 years ago   Created                                                                                                                                                         linked
4b396dad32aa   busybox:1   "ls"                     2 years ago   Created                                                                                                                                                         created
8645d15f44f2   busybox:1   "/bin/sh -c 'exit 1'"    2 years ago   Restarting (1) Less than a second ago                                                                                                                           restarting
3d86dbe7036e   busybox:1   "/bin/sh -c 'exit 3'"    2 years ago   Exited (3) 3 seconds ago                                                                                                                                        failed
624f5bc317da   busybox:1   "/bin/sleep 100000"      2 years ago   Up 3 seconds (Paused)                                                                                                                                           paused
0a556d595db4   busybox:1   "/bin/sh -c 'echo "h…"   2 years ago   Created                                                                                                                                                         mounts
fcbde9881430   busybox:1   "/bin/sleep 100000"      2 years ago   Up 4 seconds                            0.0.0.0:15353->53/udp, 0.0.0.0:18443->443/tcp, 127.0.0.1:18080->80/tcp, 9090/tcp, :::15353->53/udp, :::18443->443/tcp   web
)");
  CHECK(OutputOf(containers, {"--json"}) ==
        EncodeContainers(containers) + "\n");
}

TEST_CASE("list_containers shows an empty node") {
  CHECK(OutputOf({}) ==
        "CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES\n");
  CHECK(OutputOf({}, {"--json"}) == "[]\n");
}

TEST_CASE("list_containers shows the age of a container") {
  const auto [age, text] = GENERATE(
      table<seconds, std::string>({{minutes(30), "30 minutes ago"},
                                   {hours(5), "5 hours ago"},
                                   {hours(24 * 40), "40 days ago"},
                                   {hours(24 * 365 * 3), "3 years ago"}}));
  Container container = MakeContainer("a1", "web", "running", "Up");
  // As far from the neighbouring numbers as can be.
  container.created = Ago(age + age / 60);
  CHECK(CellsOf(container).find("|" + text + "|Up|") != std::string::npos);
}

TEST_CASE("list_containers cuts long commands between characters") {
  const auto [command, text] = GENERATE(table<std::string, std::string>(
      {{"12345678901234567890", "12345678901234567890"},
       {"123456789012345678901", "12345678901234567890…"},
       {"1234567890123456789é", "1234567890123456789…"},
       {"日本日本日本日", "日本日本日本…"}}));
  Container container = MakeContainer("a1", "web", "running", "Up");
  container.command = command;
  CHECK(CellsOf(container).find("|\"" + text + "\"|") != std::string::npos);
}

TEST_CASE(
    "list_containers shows written bytes, and containers without a name") {
  Container container = MakeContainer("a1", "web", "dead", "Dead");
  container.created = Ago(hours(5));
  container.size_rw = 1982256;
  CHECK(CellsOf(container, {"--size"}) ==
        "CONTAINER ID|IMAGE|COMMAND|CREATED|STATUS|PORTS|NAMES|BYTES WRITTEN\n"
        "a1|busybox:1|\"sleep 1000\"|5 hours ago|Dead|web|1982256\n");
  container.names.reset();
  CHECK(CellsOf(container).find("|Dead|\n") != std::string::npos);
}

TEST_CASE("list_containers translates its flags to list options") {
  const auto [arguments, query] = GENERATE(table<Command, std::string>({
      {Command(), "all=1"},
      {{"--all"}, "all=1"},
      {{"--running"}, ""},
      {{"--limit", "3"}, "all=1&limit=3"},
      {{"--size"}, "all=1&size=1"},
      // {"label":{"a=b":true,"c":true},"status":{"exited":true}}
      {{"--filter", "label=a=b", "--filter", "status=exited", "--filter",
        "label=c"},
       "all=1&filters=%7B%22label%22%3A%7B%22a%3Db%22%3Atrue%2C%22c%22%3A"
       "true%7D%2C%22status%22%3A%7B%22exited%22%3Atrue%7D%7D"},
  }));
  Node node;
  const ScriptedDaemon& daemon = node.Start(GoodDaemon());
  CHECK(List(node, arguments).exit_code == 0);
  REQUIRE(daemon.Requests().size() == 1);
  CHECK(daemon.Requests().front().query == query);
}

TEST_CASE("list_containers prints no control characters") {
  const std::string evil =
      "a\x1B[31m\x7F\xC2\x9B"
      "31m\r\n\tb";
  Container container = MakeContainer(evil, evil, evil, evil);
  container.image = evil;
  container.command = evil;
  container.labels = StringMap{{evil, evil}};
  container.ports = std::vector<Port>{{evil, 1, 2, evil}};
  for (const Command& arguments : {Command(), Command{"--json"}}) {
    const std::string out = OutputOf({container}, arguments);
    static const std::regex kControls("[\\x00-\\x09\\x0B-\\x1F\\x7F]|\xC2\x9B");
    CHECK_FALSE(std::regex_search(out, kControls));
    CHECK(out.find("31m") != std::string::npos);
  }
}

TEST_CASE("list_containers reads the endpoint from the environment") {
  Node node;
  node.Start(GoodDaemon());
  CheckOutput(Run({LIST_CONTAINERS, "--json"}, {{"DOCKER_HOST", node.host()}}),
              std::string(kOneContainer) + "\n");
}

TEST_CASE("list_containers reports why there is no list") {
  Node node;
  CheckOutput(List(node), "", CannotConnect(node), 1);
  node.Start(RespondWith(DaemonError(500, "no \x1B[31mspace left")));
  CheckOutput(List(node), "",
              "Error response from daemon: no ?[31mspace left\n", 1);
}

TEST_CASE("list_containers reports what is wrong with its arguments") {
  CHECK(List(Node(), {"--filter", "status"}).exit_code == 2);
  const auto [name, value] =
      GENERATE(table<std::string, std::string>({{"--everything", "x"},
                                                {"--host", "ftp://nowhere"},
                                                {"--limit", "many"},
                                                {"--runtime", "rkt"}}));
  const Output output = Run({LIST_CONTAINERS, name, value});
  CHECK(output.exit_code == 2);
  CHECK(output.out.empty());
  CHECK_FALSE(output.err.empty());
  CHECK(Run({LIST_CONTAINERS, "--help"}).exit_code == 0);
}

TEST_CASE("list_containers shows what a container runtime lists") {
  CriNode node;
  CriSandbox sandbox;
  sandbox.id = "aaaa0000aaaa1111";
  sandbox.name = "pod";
  sandbox.pod_namespace = "ns";
  sandbox.uid = "u1";
  sandbox.created_at = Ago(hours(3)) * 1'000'000'000;
  node.sandboxes = {sandbox};
  const TempDir dir;
  const Command list{LIST_CONTAINERS, "--runtime", "cri", "--host",
                     "unix://" + dir / "cri.sock"};
  CheckOutput(Run(list), "",
              "Cannot connect to the container runtime at " + list.back() +
                  ". Is containerd running?\n",
              1);
  const ScriptedRuntime runtime(dir / "cri.sock", GoodRuntime(node));
  CheckOutput(Run(list),
              "CONTAINER ID   IMAGE   COMMAND   CREATED       STATUS       "
              "PORTS   NAMES\n"
              "aaaa0000aaaa           \"\"        3 hours ago   Up 3 hours    "
              "       k8s_POD_pod_ns_u1_0\n");
}

TEST_CASE("list_containers shows what the runtime of the node lists") {
  // This machine may have a runtime of its own.
  const Command list{LIST_CONTAINERS, "--runtime", "auto", "--host"};
  const std::string err = Run(Joined(list, {"unix:///x"})).err;
  if (err.find("Cannot find a container runtime. These sockets do not exist: "
               "unix:///run/containerd/containerd.sock, ") != 0)
    return;
  Node node;
  node.Start(GoodDaemon());
  const Output output = Run(Joined(list, {node.host()}));
  CHECK(output.exit_code == 0);
  CHECK(output.out.find("web") != std::string::npos);
}

}  // namespace
}  // namespace containercollector::test
