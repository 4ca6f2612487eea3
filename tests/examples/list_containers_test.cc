// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "containercollector/json.h"
#include "tests/examples/nodes.h"
#include "tests/integration/node.h"
#include "tests/support/posix.h"
#include "tests/support/scripted_runtime.h"

namespace containercollector::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Output List(const Node& node, const Command& arguments = {}) {
  Command command{LIST_CONTAINERS, "--host", node.host()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return Run(command);
}

/// The output of a node with these containers.
std::string OutputOf(const std::vector<Container>& containers,
                     const Command& arguments = {}) {
  Node node;
  node.Start(DaemonWith(containers));
  const Output output = List(node, arguments);
  CHECK(output.err.empty());
  CHECK(output.exit_code == 0);
  return output.out;
}

/// The query that the daemon gets for these arguments.
std::string QueryOf(const Command& arguments) {
  Node node;
  const ScriptedDaemon& daemon = node.Start(GoodDaemon());
  CHECK(List(node, arguments).exit_code == 0);
  const std::vector<Request> requests = daemon.Requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests.front().path == "/v1.40/containers/json");
  return requests.front().query;
}

/// The cell under a head, of a table with one row.
std::string Cell(const std::string& table, const std::string& head) {
  const std::size_t column = table.find(head);
  REQUIRE(column < table.find('\n'));
  const std::string row = table.substr(table.find('\n') + 1);
  return row.substr(column, row.find("   ", column) - column);
}

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '\x7F';
}

void CheckPrintable(const std::string& text) {
  std::string line = text;
  line.erase(std::remove(line.begin(), line.end(), '\n'), line.end());
  CHECK(std::none_of(line.begin(), line.end(), IsControl));
  CHECK(line.find("\xC2\x9B") == std::string::npos);
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
}

TEST_CASE("list_containers shows only the headings for an empty node") {
  CHECK(OutputOf({}) ==
        "CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES\n");
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
  CHECK(Cell(OutputOf({container}), "CREATED") == text);
}

TEST_CASE("list_containers cuts long commands between characters") {
  const auto [command, text] = GENERATE(table<std::string, std::string>(
      {{"12345678901234567890", R"("12345678901234567890")"},
       {"123456789012345678901", R"("12345678901234567890…")"},
       {"1234567890123456789é", R"("1234567890123456789…")"},
       {"日本日本日本日", R"("日本日本日本…")"}}));
  Container container = MakeContainer("a1", "web", "running", "Up");
  container.command = command;
  const std::string table = OutputOf({container});
  CHECK(table.find(" " + text + " ") != std::string::npos);
}

TEST_CASE("list_containers shows a container without names, ports or labels") {
  Container container = MakeContainer("a1", "web", "dead", "Dead");
  container.names.reset();
  container.created = Ago(hours(5));
  CHECK(
      OutputOf({container}) ==
      R"(CONTAINER ID   IMAGE       COMMAND        CREATED       STATUS   PORTS   NAMES
a1             busybox:1   "sleep 1000"   5 hours ago   Dead             
)");
}

TEST_CASE("list_containers translates its flags to list options") {
  CHECK(QueryOf({}) == "all=1");
  CHECK(QueryOf({"--all"}) == "all=1");
  CHECK(QueryOf({"--running"}).empty());
  CHECK(QueryOf({"--limit", "3"}) == "all=1&limit=3");
  CHECK(QueryOf({"--size"}) == "all=1&size=1");
  // {"label":{"a=b":true,"c":true},"status":{"exited":true}}
  CHECK(QueryOf({"--filter", "label=a=b", "--filter", "status=exited",
                 "--filter", "label=c"}) ==
        "all=1&filters=%7B%22label%22%3A%7B%22a%3Db%22%3Atrue%2C%22c%22%3A"
        "true%7D%2C%22status%22%3A%7B%22exited%22%3Atrue%7D%7D");
}

TEST_CASE("list_containers shows the bytes that containers have written") {
  Container container = MakeContainer("a1", "web", "running", "Up");
  container.created = Ago(hours(5));
  container.size_rw = 1982256;
  CHECK(
      OutputOf({container}, {"--size"}) ==
      R"(CONTAINER ID   IMAGE       COMMAND        CREATED       STATUS   PORTS   NAMES   BYTES WRITTEN
a1             busybox:1   "sleep 1000"   5 hours ago   Up               web     1982256
)");
}

TEST_CASE("list_containers prints the recorded node as JSON") {
  const std::vector<Container> containers = RecordedContainers(hours(5));
  CHECK(OutputOf(containers, {"--json"}) ==
        EncodeContainers(containers) + "\n");
  CHECK(OutputOf({}, {"--json"}) == "[]\n");
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
  const std::string table = OutputOf({container});
  CheckPrintable(table);
  CHECK(table.find("a?[31m??31m???b") != std::string::npos);
  CheckPrintable(OutputOf({container}, {"--json"}));
}

TEST_CASE("list_containers reads the endpoint from the environment") {
  Node node;
  node.Start(GoodDaemon());
  const Output output =
      Run({"env", "DOCKER_HOST=" + node.host(), LIST_CONTAINERS, "--json"});
  CHECK(output.out == std::string(kOneContainer) + "\n");
  CHECK(output.exit_code == 0);
}

TEST_CASE("list_containers reports why there is no list") {
  Node node;
  CheckFailed(List(node), 1,
              "Cannot connect to the Docker daemon at " + node.host() +
                  ". Is the docker daemon running?\n");
  node.Start(RespondWith(DaemonError(500, "no \x1B[31mspace left")));
  CheckFailed(List(node), 1,
              "Error response from daemon: no ?[31mspace left\n");
}

TEST_CASE("list_containers reports what is wrong with its arguments") {
  const auto [argument, value, text] =
      GENERATE(table<std::string, std::string, std::string>(
          {{"--filter", "status",
            "invalid filters: \"status\" has an empty value: write what it "
            "must match, e.g. label=app=web or status=running\n"},
           {"--filter", "=running",
            "invalid filters: a filter has no name: write one of Docker's, "
            "e.g. status or label\n"}}));
  CheckFailed(List(Node(), {argument, value}), 2, text);
}

TEST_CASE("list_containers rejects unknown arguments") {
  const Output unknown = Run({LIST_CONTAINERS, "--everything"});
  CHECK(unknown.exit_code == 2);
  CHECK(unknown.out.empty());
  CHECK(unknown.err.find("--everything") != std::string::npos);
  CHECK(Run({LIST_CONTAINERS, "--host", "ftp://nowhere"}).exit_code == 2);
  CHECK(Run({LIST_CONTAINERS, "--limit", "many"}).exit_code == 2);
}

TEST_CASE("list_containers shows what a container runtime knows") {
  CriNode node;
  CriSandbox sandbox;
  sandbox.id = "aaaa0000aaaa1111";
  sandbox.name = "pod";
  sandbox.pod_namespace = "ns";
  sandbox.uid = "u1";
  sandbox.created_at = Ago(hours(3)) * 1'000'000'000;
  node.sandboxes = {sandbox};
  CriContainer container;
  container.id = "bbbb0000bbbb1111";
  container.sandbox_id = sandbox.id;
  container.name = "web";
  container.user_specified_image = "nginx:1";
  container.created_at = container.started_at = Ago(hours(2)) * 1'000'000'000;
  node.containers = {container};
  const TempDir dir;
  const ScriptedRuntime runtime(dir / "cri.sock", GoodRuntime(node));
  const Command list{LIST_CONTAINERS, "--runtime", "cri", "--host",
                     runtime.endpoint()};
  const Output output = Run(list);
  CHECK(output.err.empty());
  CHECK(output.exit_code == 0);
  CHECK(
      output.out ==
      "CONTAINER ID   IMAGE     COMMAND   CREATED       STATUS       PORTS   "
      "NAMES\n"
      "bbbb0000bbbb   nginx:1   \"\"        2 hours ago   Up 2 hours           "
      "k8s_web_pod_ns_u1_0\n"
      "aaaa0000aaaa             \"\"        3 hours ago   Up 3 hours           "
      "k8s_POD_pod_ns_u1_0\n");

  Command with_filter = list;
  with_filter.insert(with_filter.end(), {"--filter", "volume=x"});
  CheckFailed(Run(with_filter), 1,
              "Invalid filter 'volume'. The list of a container runtime takes "
              "these: ancestor, before, exited, id, label, name, network, "
              "since, status.\n");
}

TEST_CASE("list_containers shows what the runtime of the node knows") {
  // This machine may have a runtime of its own.
  if (Run({LIST_CONTAINERS, "--runtime", "auto", "--host", "unix:///x"}).err !=
      "Cannot find a container runtime. These sockets do not exist: "
      "unix:///run/containerd/containerd.sock, unix:///run/crio/crio.sock, "
      "unix:///run/k3s/containerd/containerd.sock, "
      "unix:///run/k0s/containerd.sock, unix:///run/cri-dockerd.sock, "
      "unix:///run/dockershim.sock, unix:///x, "
      "unix:///var/snap/microk8s/common/run/containerd.sock. Is a container "
      "runtime running? If it listens elsewhere, name its endpoint.\n")
    return;
  Node node;
  node.Start(GoodDaemon());
  const Output output =
      Run({LIST_CONTAINERS, "--runtime", "auto", "--host", node.host()});
  CHECK(output.exit_code == 0);
  CHECK(output.out.find("web") != std::string::npos);
}

TEST_CASE("list_containers reports that no container runtime listens") {
  const TempDir dir;
  const std::string endpoint = "unix://" + dir / "cri.sock";
  CheckFailed(Run({LIST_CONTAINERS, "--runtime", "cri", "--host", endpoint}), 1,
              "Cannot connect to the container runtime at " + endpoint +
                  ". Is containerd running?\n");
  CHECK(Run({LIST_CONTAINERS, "--runtime", "rkt"}).exit_code == 2);
}

TEST_CASE("list_containers has a help text") {
  const Output help = Run({LIST_CONTAINERS, "--help"});
  CHECK(help.exit_code == 0);
  CHECK(help.err.empty());
  CHECK(help.out.find("all, unless --running is given") != std::string::npos);
}

}  // namespace
}  // namespace containercollector::test
