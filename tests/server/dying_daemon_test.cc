// SPDX-License-Identifier: Apache-2.0

/// A daemon that dies and returns under load.
#include <atomic>
#include <mutex>
#include <set>

#include "tests/server/node.h"
#include "tests/support/wait.h"

using namespace containercollector::test;

namespace {

constexpr int kCallers = 64;
constexpr int kRequests = 10'000;

/// What callers got that they should not have.
class Findings {
 public:
  void Add(const HttpResponse& response) {
    const std::lock_guard lock(mutex_);
    if (findings_.size() < 10)
      findings_.insert(std::to_string(response.status) + ": " +
                       response.bytes.substr(0, 500));
  }
  std::set<std::string> Get() const {
    const std::lock_guard lock(mutex_);
    return findings_;
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> findings_;
};

/// Whether it is one of the ways in which a daemon dies.
bool IsRightError(const HttpResponse& response, const Node& node) {
  const std::string closed =
      "The Docker daemon at " + node.host() +
      " closed the connection without an answer to GET /v1.40/containers/json. "
      "It may have been stopped or restarted: try again, then look at its log.";
  const std::string cut_off =
      "The Docker daemon at " + node.host() +
      " cut off its answer to GET /v1.40/containers/json after ";
  // The queue of a daemon that has just returned may be full.
  const std::string no_connection = "Cannot connect to the Docker daemon at " +
                                    node.host() +
                                    ". Is the docker daemon running?";
  return response.status == 500 &&
         (response.body.rfind(no_connection, 0) == 0 ||
          response.body == closed || response.body.rfind(cut_off, 0) == 0);
}

}  // namespace

TEST_CASE("10,000 requests, 64 at a time, while the daemon dies and returns") {
  Node node({"--log-level", "error"});
  const std::string containers = ManyContainers(50'000);
  const auto daemon = GoodDaemon(containers);
  const auto slow_daemon = [daemon](const Request& request,
                                    Exchange& exchange) {
    if (exchange.Pause(std::chrono::milliseconds(5))) daemon(request, exchange);
  };
  std::atomic<int> left{kRequests};
  std::atomic<int> collected{0};
  std::atomic<int> failed{0};
  Findings findings;
  const auto ask = [&] {
    while (left.fetch_sub(1) > 0) {
      const HttpResponse response = Post(node.url());
      if (response.status == 200 && response.body == containers) {
        ++collected;
      } else if (IsRightError(response, node)) {
        ++failed;
      } else {
        findings.Add(response);
      }
    }
  };
  const auto ask_all = [&] {
    std::vector<std::thread> callers;
    for (int i = 0; i < kCallers; ++i) callers.emplace_back(ask);
    return callers;
  };

  // What it takes under this load, with all that is kept for later.
  node.Start(slow_daemon);
  left = 1000;
  for (std::thread& caller : ask_all()) caller.join();
  const std::size_t open_files = node.server().OpenFiles();
  const std::size_t memory = node.server().ResidentKiB();

  left = kRequests;
  std::vector<std::thread> callers = ask_all();
  int deaths = 0;
  for (bool lives = true; left > 0; lives = !lives) {
    const int next = left - kRequests / 40;
    while (left > std::max(next, 0))
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (lives) {
      node.Stop(deaths++ % 2 == 0 ? SocketFile::kLeave : SocketFile::kRemove);
    } else {
      node.Start(slow_daemon);
    }
  }
  for (std::thread& caller : callers) caller.join();

  INFO("the daemon died " << deaths << " times: " << collected
                          << " whole responses, " << failed
                          << " right errors; memory " << memory << " -> "
                          << node.server().ResidentKiB() << " KiB, files "
                          << open_files << " -> " << node.server().OpenFiles());
  CHECK(findings.Get() == std::set<std::string>());
  CHECK(collected + failed == kRequests + 1000);
  CHECK(collected > 1000);
  CHECK(failed > 0);
  CHECK(deaths >= 5);
  // The server closes its ends of the last connections a moment later.
  CHECK(WaitUntil([&] { return node.server().OpenFiles() <= open_files; },
                  kGenerous));
  if (MemoryIsMeasurable())
    CHECK(node.server().ResidentKiB() < memory + 4 * 1024);
  node.Start(GoodDaemon());
  CheckCollected(Post(node.url()));
  CheckStops(node.server());
}
