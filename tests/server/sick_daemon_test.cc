// SPDX-License-Identifier: Apache-2.0

/// A daemon that hangs, dies and returns under load, or lists a lot.
#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>

#include "tests/server/node.h"

using namespace containercollector::test;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// Sends requests from many threads, and counts the responses.
class Callers {
 public:
  Callers(const Node& node, const std::string& containers)
      : node_(node), containers_(containers) {}

  /// Starts threads that send `count` requests.
  void Start(int count) {
    left = count;
    for (int i = 0; i < 64; ++i) {
      threads_.emplace_back([this] {
        while (left.fetch_sub(1) > 0) Count(Post(node_.url()));
      });
    }
  }
  void Join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  std::atomic<int> left{0};
  std::atomic<int> collected{0};
  std::atomic<int> failed{0};
  std::set<std::string> wrong;  ///< A few wrong responses.

 private:
  void Count(const HttpResponse& response) {
    if (response.status == 200 && response.body == containers_) {
      ++collected;
    } else if (response.status == 500 && IsRightError(response.body)) {
      ++failed;
    } else {
      const std::lock_guard lock(mutex_);
      if (wrong.size() < 10) wrong.insert(response.bytes.substr(0, 500));
    }
  }

  /// Whether it is one of the ways in which a daemon dies.
  bool IsRightError(const std::string& text) const {
    const std::string daemon = "The Docker daemon at " + node_.host();
    const std::string request = " to GET /v1.40/containers/json";
    // The queue of a daemon that has just returned may be full.
    return text.rfind(CannotConnect(node_), 0) == 0 ||
           text == daemon + " closed the connection without an answer" +
                       request +
                       ". It may have been stopped or restarted: try again, "
                       "then look at its log." ||
           text.rfind(daemon + " cut off its answer" + request + " after ",
                      0) == 0;
  }

  const Node& node_;
  const std::string& containers_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
};

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
  int slow = 0;
  for (int i = 0; i < 300; ++i) {
    const auto asked = steady_clock::now();
    CheckText(Get(node.url(), "/healthz"), 200, "ok");
    // Far below the daemon's time, whatever machine this is.
    if (steady_clock::now() - asked > std::chrono::seconds(1)) ++slow;
  }
  const std::size_t pending_memory = server.ResidentKiB();
  CHECK(server.Threads() == idle_threads);
  CHECK(node.daemon().OpenConnections() == 1);
  for (HttpCall& call : calls)
    CheckText(call.Wait(), 500, TimedOut(node, "4s"));
  const auto took = duration_cast<milliseconds>(steady_clock::now() - start);
  CAPTURE(idle_memory, pending_memory, took.count());
  CHECK(slow <= 3);
  if (MemoryIsMeasurable()) CHECK(pending_memory < idle_memory + 16 * 1024);
  CHECK(took < kGenerous);
  CHECK(node.daemon().ConnectionsOpened() <= 3);

  node.Start(GoodDaemon());
  CheckCollected(Post(node.url()));
}

TEST_CASE("10,000 requests, 64 at a time, while the daemon dies and returns") {
  constexpr int kRequests = 10'000;
  Node node({"--log-level", "error"});
  const std::string containers = ManyContainers(50'000);
  const auto slow_daemon = [daemon = GoodDaemon(containers)](
                               const Request& request, Exchange& exchange) {
    if (exchange.Pause(milliseconds(5))) daemon(request, exchange);
  };
  Callers callers(node, containers);
  node.Start(slow_daemon);
  // What the server takes under this load, with all that it keeps for later.
  callers.Start(1000);
  callers.Join();
  const std::size_t open_files = node.server().OpenFiles();
  const std::size_t memory = node.server().ResidentKiB();

  callers.Start(kRequests);
  int deaths = 0;
  for (bool lives = true; callers.left > 0; lives = !lives) {
    const int next = std::max(callers.left - kRequests / 40, 0);
    while (callers.left > next) std::this_thread::sleep_for(milliseconds(1));
    if (lives) {
      node.Stop(deaths++ % 2 == 0 ? SocketFile::kLeave : SocketFile::kRemove);
    } else {
      node.Start(slow_daemon);
    }
  }
  callers.Join();

  CAPTURE(deaths, callers.collected.load(), callers.failed.load(), memory,
          node.server().ResidentKiB(), open_files, node.server().OpenFiles());
  CHECK(callers.wrong == std::set<std::string>());
  CHECK(callers.collected + callers.failed == kRequests + 1000);
  CHECK(callers.collected > 1000);
  CHECK(callers.failed > 0);
  CHECK(deaths >= 5);
  // The server closes its ends of the last connections a moment later.
  CHECK(WaitUntil([&] { return node.server().OpenFiles() <= open_files; },
                  kGenerous));
  if (MemoryIsMeasurable())
    CHECK(node.server().ResidentKiB() < memory + 4 * 1024);
  node.Start(GoodDaemon());
  CheckCollected(Post(node.url()));
}

TEST_CASE("Memory returns to the system after a large collection") {
  Node node({"--max-answer-bytes", "0"});
  node.Start(GoodDaemon());
  CheckCollected(Post(node.url()));
  // All but the files.
  const auto memory = [&] { return MemoryOf(node.server().pid()).anonymous; };
  const std::size_t before = memory();
  const auto check_returned = [&] {
    // On 32 bit, the C library keeps about 6 MiB for each thread.
    constexpr std::size_t kMoreKiB = (sizeof(void*) < 8 ? 16 : 8) * 1024;
    INFO("memory " << before << " -> " << memory() << " KiB");
    if (MemoryIsMeasurable()) {
      CHECK(
          WaitUntil([&] { return memory() <= before + kMoreKiB; }, kGenerous));
    }
  };

  const std::string large = ManyContainers(46'000'000);
  node.Start(GoodDaemon(large));
  CHECK(Get(node.url(), "/readyz").status == 200);
  check_returned();
  CHECK((Post(node.url()).body == large));
  check_returned();
  const std::size_t peak = MemoryOf(node.server().pid()).peak;
  if (MemoryIsMeasurable()) CHECK(peak <= 3 * large.size() / 1024 + 16 * 1024);
}
