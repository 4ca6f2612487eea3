// SPDX-License-Identifier: Apache-2.0

/// The promise of the Batcher, under load from many threads.
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>

#include "server/collect/batcher.h"
#include "tests/server/fake_daemon_call.h"
#include "tests/support/catch.h"

using namespace containercollector;
using namespace containercollector::test;
using server::Answer;
using server::Batcher;

namespace {

constexpr int kSets = 3;
constexpr std::size_t kMaxCalls = 2;

/// Numbers events: of two, the one that happened before the other has the
/// smaller number.
class Order {
 public:
  std::uint64_t Next() { return ++last_; }

 private:
  std::atomic<std::uint64_t> last_{0};
};

/// Answers with the number of its beginning, and watches that it is not called
/// more often at a time than it may.
class WatchedCall {
 public:
  explicit WatchedCall(Order& order) : order_(order) {}

  Answer operator()(const ListOptions& options) {
    const std::uint64_t began = order_.Next();
    auto& running = running_.at(static_cast<std::size_t>(options.limit));
    if (running.fetch_add(1) != 0) ++violations_;
    if (all_running_.fetch_add(1) >= kMaxCalls) ++violations_;
    for (std::uint64_t i = 0; i < began % 7; ++i) std::this_thread::yield();
    --all_running_;
    --running;
    ++calls_;

    Response response;
    response.status = 200;
    response.body = std::to_string(options.limit);
    response.container_count = began;
    return std::make_shared<const Response>(std::move(response));
  }

  int violations() const { return violations_; }
  int calls() const { return calls_; }

 private:
  Order& order_;
  std::array<std::atomic<int>, kSets> running_{};
  std::atomic<std::size_t> all_running_{0};
  std::atomic<int> violations_{0};
  std::atomic<int> calls_{0};
};

}  // namespace

TEST_CASE(
    "No request is answered from a call that began before it came, whatever "
    "the timing") {
  constexpr int kThreads = 8;
  constexpr int kRequestsPerThread = 2000;
  Order order;
  WatchedCall call(order);
  std::atomic<int> answered{0};
  std::atomic<int> refused{0};
  std::atomic<int> from_before{0};
  std::atomic<int> of_other_options{0};
  {
    Batcher::Options options;
    options.max_calls = kMaxCalls;
    options.max_waiting = 200;
    Batcher batcher([&call](const ListOptions& list) { return call(list); },
                    options);

    const auto ask = [&](unsigned int seed) {
      std::minstd_rand random(seed);
      for (int i = 0; i < kRequestsPerThread; ++i) {
        const int limit = static_cast<int>(random() % kSets);
        const std::uint64_t came = order.Next();
        const auto joined =
            batcher.Join(Limit(limit), [&, limit, came](const Answer& answer) {
              if (answer->status == 503) {
                ++refused;
                return;
              }
              if (answer->container_count < came) ++from_before;
              if (answer->body != std::to_string(limit)) ++of_other_options;
              ++answered;
            });
        if (joined == Batcher::Joined::kFull) ++refused;
        if (random() % 16 == 0) std::this_thread::yield();
        if (random() % 512 == 0) {
          batcher.RefuseWaitingSince(std::chrono::steady_clock::now(),
                                     server::BusyAnswer("too late"));
        }
      }
    };
    std::vector<std::thread> threads;
    for (unsigned int i = 0; i < kThreads; ++i)
      threads.emplace_back(ask, i + 1);
    for (std::thread& thread : threads) thread.join();
    batcher.Shutdown(kPatience, server::BusyAnswer("going"));
    CHECK(batcher.Waiting() == 0);
  }
  CHECK(answered + refused == kThreads * kRequestsPerThread);
  CHECK(answered > 0);
  CHECK(from_before == 0);
  CHECK(of_other_options == 0);
  CHECK(call.violations() == 0);
  CHECK(call.calls() <= answered);
}
