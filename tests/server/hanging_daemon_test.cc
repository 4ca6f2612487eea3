// SPDX-License-Identifier: Apache-2.0

/// What holds while the daemon hangs.
#include <algorithm>

#include "tests/server/node.h"

using namespace containercollector::test;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

std::string HangsText(const Node& node, const std::string& timeout) {
  return "The Docker daemon at " + node.host() +
         " did not finish its answer to GET /v1.40/containers/json within " +
         timeout +
         " (0 bytes came). It may hang: look at its log, or allow more time.";
}

/// The time that 99 of 100 requests stay under.
microseconds HealthP99(const Node& node) {
  std::vector<microseconds> times;
  for (int i = 0; i < 300; ++i) {
    const auto start = steady_clock::now();
    CheckText(Get(node.url(), "/healthz"), 200, "ok");
    times.push_back(duration_cast<microseconds>(steady_clock::now() - start));
  }
  std::sort(times.begin(), times.end());
  return times.at(times.size() * 99 / 100);
}

}  // namespace

TEST_CASE("500 requests wait for a daemon that never responds") {
  Node node({"--timeout", "4s", "--log-level", "error"});
  node.Start(NeverRespond());
  ServerProcess& server = node.server();
  Get(node.url(), "/healthz");
  const std::size_t idle_threads = server.Threads();
  const std::size_t idle_memory = server.ResidentKiB();
  const auto start = steady_clock::now();

  std::vector<HttpCall> calls = PostMany(node, 500);
  WaitForWaiting(node, 500);
  const microseconds p99 = HealthP99(node);
  const std::size_t waiting_memory = server.ResidentKiB();
  CHECK(server.Threads() == idle_threads);
  CHECK(node.daemon().OpenConnections() == 1);
  for (HttpCall& call : calls)
    CheckText(call.Wait(), 500, HangsText(node, "4s"));
  const auto took = duration_cast<milliseconds>(steady_clock::now() - start);

  WARN("500 wait: /healthz p99 "
       << p99.count() << " us, threads " << idle_threads << ", memory "
       << idle_memory << " -> " << waiting_memory << " KiB, all done after "
       << took.count() << " ms of two timeouts of 4000");
  // Far below the daemon's time, whatever machine this is.
  CHECK(p99 < std::chrono::seconds(1));
  if (MemoryIsMeasurable()) CHECK(waiting_memory < idle_memory + 16 * 1024);
  CHECK(took < kGenerous);
  CHECK(node.daemon().ConnectionsOpened() <= 3);

  node.Start(GoodDaemon());
  CheckCollected(Post(node.url()));
  CheckStops(server);
}

TEST_CASE("A daemon that is stopped and continued needs no new server") {
  const TempDir dir;
  const std::string socket = dir / "docker.sock";
  Program daemon({RECORDED_DAEMON_BINARY, "--socket", socket, "--containers",
                  TEST_DATA_DIR "/recorded/docker-20.10.24.json", "--version",
                  TEST_DATA_DIR "/recorded/docker-20.10.24.version.json"});
  ServerProcess server("unix://" + socket, {"--timeout", "1s"});
  while (Get(server.url(), "/readyz").status != 200) {
  }
  const HttpResponse before = Post(server.url());
  CHECK(before.status == 200);

  daemon.Suspend();
  const HttpResponse stopped = Post(server.url());
  CHECK(stopped.status == 500);
  CHECK(stopped.body.find("did not finish its answer to GET "
                          "/v1.40/containers/json within 1s") !=
        std::string::npos);
  CHECK(Get(server.url(), "/healthz").status == 200);

  daemon.Signal(SIGCONT);
  const HttpResponse after = Post(server.url());
  CHECK(after.status == 200);
  CHECK(after.body == before.body);
  CheckStops(server);
}
