// SPDX-License-Identifier: Apache-2.0

/// The guarantee of the Batcher, under load from many threads.
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
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
using server::BatcherOptions;
using server::BatchResult;
using server::CollectionPtr;
using Batcher = server::Batcher<ListOptions>;

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

/// Returns the number of its beginning as the container count, and counts calls
/// that should not run at the same time.
class WatchedCall {
 public:
  explicit WatchedCall(Order& order) : order_(order) {}

  CollectionPtr operator()(const ListOptions& options) {
    const std::uint64_t began = order_.Next();
    auto& running = running_.at(static_cast<std::size_t>(options.limit));
    if (running.fetch_add(1) != 0) ++violations_;
    if (all_running_.fetch_add(1) >= kMaxCalls + 1) ++violations_;
    for (std::uint64_t i = 0; i < began % 7; ++i) std::this_thread::yield();
    --all_running_;
    --running;
    ++calls_;

    server::Collection collection;
    collection.body =
        std::make_shared<const std::string>(std::to_string(options.limit));
    collection.response.container_count = static_cast<std::size_t>(began);
    return std::make_shared<const server::Collection>(std::move(collection));
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
    "No request gets the result of a call that began before it arrived, "
    "whatever the timing") {
  constexpr int kThreads = 8;
  constexpr int kRequestsPerThread = 2000;
  Order order;
  WatchedCall call(order);
  std::atomic<int> completed{0};
  std::atomic<int> rejected{0};
  std::atomic<int> from_before{0};
  std::atomic<int> of_other_options{0};
  {
    BatcherOptions options;
    options.max_calls = kMaxCalls;
    options.max_pending = 200;
    Batcher batcher([&call](const ListOptions& list) { return call(list); },
                    options, Limit(0));

    const auto ask = [&](unsigned int seed) {
      std::minstd_rand random(seed);
      for (int i = 0; i < kRequestsPerThread; ++i) {
        const int limit = static_cast<int>(random() % kSets);
        const std::uint64_t came = order.Next();
        const auto complete = [&, limit, came](const BatchResult& r) {
          const auto* collection = std::get_if<CollectionPtr>(&r);
          if (collection == nullptr) {
            ++rejected;
            return;
          }
          if ((*collection)->response.container_count < came) ++from_before;
          if (*(*collection)->body != std::to_string(limit)) ++of_other_options;
          ++completed;
        };
        const bool gone = random() % 8 == 0;
        batcher.Join(Limit(limit), {complete, [gone] { return gone; }});
        if (random() % 16 == 0) std::this_thread::yield();
        if (random() % 512 == 0) {
          batcher.RejectWaitingSince(std::chrono::steady_clock::now());
        }
      }
    };
    std::vector<std::thread> threads;
    for (unsigned int i = 0; i < kThreads; ++i)
      threads.emplace_back(ask, i + 1);
    for (std::thread& thread : threads) thread.join();
    batcher.Shutdown(kPatience);
    CHECK(batcher.Pending() == 0);
  }
  CHECK(completed + rejected == kThreads * kRequestsPerThread);
  CHECK(completed > 0);
  CHECK(from_before == 0);
  CHECK(of_other_options == 0);
  CHECK(call.violations() == 0);
  CHECK(call.calls() <= completed);
}
