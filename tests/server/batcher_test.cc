// SPDX-License-Identifier: Apache-2.0

#include "server/collect/batcher.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/server/node.h"

using namespace containercollector;
using namespace containercollector::server;
using containercollector::test::RoomForThreads;
using std::chrono::milliseconds;
using Time = std::chrono::steady_clock::time_point;

namespace {

/// Longer than anything here takes.
constexpr std::chrono::seconds kPatience{60};

CollectionPtr MakeCollection(std::string body, std::size_t count = 0) {
  Collection collection;
  collection.body = std::make_shared<const std::string>(std::move(body));
  collection.response.container_count = count;
  return std::make_shared<const Collection>(std::move(collection));
}

/// A request and the result that it will get.
class Request {
 public:
  /// Call once.
  Waiter MakeWaiter() const {
    return {[state = state_](const BatchResult& result) {
              state->promise.set_value(result);
            },
            [state = state_] { return state->gone.load(); }};
  }

  /// Nobody waits for the result from now on.
  void Leave() const { state_->gone = true; }

  bool IsComplete() const {
    return result_.wait_for(milliseconds(0)) == std::future_status::ready;
  }

  BatchResult Wait() const {
    if (result_.wait_for(kPatience) != std::future_status::ready)
      throw std::runtime_error("the request was not completed");
    return result_.get();
  }

  /// Throws std::bad_variant_access if the request was rejected.
  CollectionPtr Result() const { return std::get<CollectionPtr>(Wait()); }
  std::string Text() const { return *Result()->body; }

 private:
  struct State {
    std::promise<BatchResult> promise;
    std::atomic<bool> gone{false};
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
  std::shared_future<BatchResult> result_ =
      state_->promise.get_future().share();
};

using Requests = std::deque<Request>;

/// A Batcher whose calls end when the test says so, and before it is destroyed.
class Batches {
 public:
  explicit Batches(std::size_t max_calls, std::size_t max_pending = 1000,
                   std::optional<int> reserved = std::nullopt)
      : batcher_([this](int key,
                        std::size_t requests) { return Call(key, requests); },
                 max_calls, max_pending, reserved) {}
  ~Batches() { EndAll(); }
  Batches(const Batches&) = delete;
  Batches& operator=(const Batches&) = delete;

  Batcher<int>* operator->() { return &batcher_; }

  Request Join(int key) {
    Request request;
    batcher_.Join(key, request.MakeWaiter());
    return request;
  }
  Requests Join(int key, int count) {
    Requests requests;
    while (count-- > 0) requests.push_back(Join(key));
    return requests;
  }
  /// One request for each key.
  Requests JoinKeys(int first, int last) {
    Requests requests;
    while (first <= last) requests.push_back(Join(first++));
    return requests;
  }

  /// Ends one call with that key, now or as soon as it begins.
  void End(int key) {
    const std::lock_guard lock(mutex_);
    ++endings_[key];
    changed_.notify_all();
  }
  /// Ends every call, now and later.
  void EndAll() {
    const std::lock_guard lock(mutex_);
    free_ = true;
    changed_.notify_all();
  }

  /// Waits until `count` calls have begun. Returns the keys of all calls.
  std::vector<int> WaitForCalls(std::size_t count) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience,
                           [&] { return started_.size() >= count; }))
      throw std::runtime_error("the calls did not begin");
    return started_;
  }

  std::atomic<bool> throws{false};
  std::vector<std::size_t> sizes;  ///< Of the batches.

 private:
  CollectionPtr Call(int key, std::size_t requests) {
    std::unique_lock lock(mutex_);
    sizes.push_back(requests);
    started_.push_back(key);
    changed_.notify_all();
    changed_.wait(lock, [&] { return free_ || endings_[key] > 0; });
    if (!free_) --endings_[key];
    if (throws) throw std::runtime_error("thrown by the call");
    return MakeCollection("call " + std::to_string(started_.size()) + ", key " +
                          std::to_string(key));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int> started_;
  std::map<int, int> endings_;
  bool free_ = false;
  Batcher<int> batcher_;
};

void CheckTexts(const Requests& requests, const std::string& text) {
  for (const Request& request : requests) CHECK(request.Text() == text);
}

void CheckRejected(const Request& request, Rejection rejection) {
  CHECK(request.Wait() == BatchResult(rejection));
}

}  // namespace

TEST_CASE("Requests that arrive while a call runs share the next one") {
  Batches batches(1);
  const Request first = batches.Join(7);
  batches.WaitForCalls(1);
  const Requests next = batches.Join(7, 100);
  batches.End(7);
  CHECK(first.Text() == "call 1, key 7");
  for (const Request& request : next) CHECK_FALSE(request.IsComplete());

  batches.End(7);
  CheckTexts(next, "call 2, key 7");
  // Not a copy.
  CHECK(next.front().Result() == next.back().Result());
  CHECK(batches.WaitForCalls(2).size() == 2);
  CHECK(batches.sizes == std::vector<std::size_t>{1, 100});
}

TEST_CASE("If a call throws, its batch is completed without a collection") {
  Batches batches(1);
  const Request running = batches.Join(7);
  batches.WaitForCalls(1);
  const Requests requests = batches.Join(7, 10);
  batches.throws = true;
  batches.EndAll();
  for (const Request& request : requests) CHECK(request.Result() == nullptr);
  CHECK(running.Result() == nullptr);
}

TEST_CASE("A slow call does not delay calls with other keys") {
  Batches batches(2);
  const Request slow = batches.Join(1);
  batches.WaitForCalls(1);
  const Requests waits_for_slow = batches.Join(1, 3);
  for (int i = 0; i < 5; ++i) {
    const Request quick = batches.Join(2);
    batches.End(2);
    CHECK(quick.Text() == "call " + std::to_string(i + 2) + ", key 2");
  }
  CHECK_FALSE(slow.IsComplete());
}

TEST_CASE("At most max_calls calls run at a time, in the order of arrival") {
  Batches batches(2);
  const Requests requests = batches.JoinKeys(1, 5);
  batches.WaitForCalls(2);
  batches.End(2);
  CHECK(batches.WaitForCalls(3).at(2) == 3);
  batches.End(1);
  CHECK(batches.WaitForCalls(4).at(3) == 4);
  CHECK(batches->Pending() == 3);
  batches.EndAll();
  for (const Request& request : requests) CHECK(request.Result());
}

TEST_CASE("Calls with other keys never delay the reserved key") {
  Batches batches(2, 1000, 0);
  const Requests others = batches.JoinKeys(1, 5);
  batches.WaitForCalls(2);
  for (int i = 0; i < 3; ++i) {
    const Request request = batches.Join(0);
    batches.End(0);
    CHECK(request.Text() == "call " + std::to_string(i + 3) + ", key 0");
  }
  for (const Request& request : others) CHECK_FALSE(request.IsComplete());
  CHECK(batches.WaitForCalls(5).size() == 5);
}

TEST_CASE("The reserved call is for the reserved key alone") {
  Batches batches(1, 1000, 0);
  const Request first = batches.Join(1);
  batches.WaitForCalls(1);
  const Request second = batches.Join(2);
  const Request reserved = batches.Join(0);
  CHECK(batches.WaitForCalls(2).at(1) == 0);

  const Request reserved_next = batches.Join(0);
  batches->RejectWaitingSince(Time::max());
  CheckRejected(second, Rejection::kOverdue);
  CheckRejected(reserved_next, Rejection::kOverdue);
  batches.EndAll();
  CHECK(first.Text() == "call 2, key 1");
  CHECK(reserved.Text() == "call 2, key 0");
}

TEST_CASE("Requests beyond max_pending are rejected, unless others are gone") {
  Batches batches(1, 4);
  const Requests running = batches.Join(1, 2);
  batches.WaitForCalls(1);
  const Request gone_other = batches.Join(2);
  const Request waiting = batches.Join(3);
  CHECK(batches->Pending() == 4);
  CheckRejected(batches.Join(4), Rejection::kTooManyPending);

  running.at(1).Leave();
  gone_other.Leave();
  const Request more = batches.Join(4);
  CheckRejected(running.at(1), Rejection::kTooManyPending);
  CheckRejected(gone_other, Rejection::kTooManyPending);
  CHECK(batches->Pending() == 3);

  batches.EndAll();
  for (const Request& request : {running.at(0), waiting, more})
    CHECK(request.Result());
  CHECK(batches.WaitForCalls(3) == std::vector<int>{1, 3, 4});
  CHECK(batches.Join(4).Result());
  CHECK(batches->Pending() == 0);
}

TEST_CASE("Batches that wait too long for their call are rejected") {
  Batches batches(1);
  const Request running = batches.Join(1);
  batches.WaitForCalls(1);
  const Request same_key = batches.Join(1);
  const Request other_key = batches.Join(2);

  batches->RejectWaitingSince(Time::min());
  CHECK_FALSE(same_key.IsComplete());

  batches->RejectWaitingSince(Time::max());
  CheckRejected(same_key, Rejection::kOverdue);
  CheckRejected(other_key, Rejection::kOverdue);
  CHECK_FALSE(running.IsComplete());
  CHECK(batches->Pending() == 1);

  // A request that arrives afterwards gets a call.
  const Request again = batches.Join(2);
  batches.EndAll();
  CHECK(running.Result());
  CHECK(again.Result());
}

TEST_CASE("A shutdown completes running batches and rejects the rest") {
  Batches batches(1);
  const Request running = batches.Join(1);
  batches.WaitForCalls(1);
  Requests waiting = batches.Join(1, 3);
  waiting.push_back(batches.Join(2));

  std::thread shutdown([&] { batches->Shutdown(milliseconds(0)); });
  for (const Request& request : waiting)
    CheckRejected(request, Rejection::kShuttingDown);
  CHECK_FALSE(running.IsComplete());
  CheckRejected(batches.Join(1), Rejection::kShuttingDown);

  batches.End(1);
  CHECK(running.Text() == "call 1, key 1");
  shutdown.join();
  CHECK(batches->Pending() == 0);
}

TEST_CASE("During the grace of a shutdown, waiting batches get their call") {
  Batches batches(1);
  const Request running = batches.Join(1);
  batches.WaitForCalls(1);
  const Requests waiting = batches.Join(1, 3);
  std::thread shutdown([&] { batches->Shutdown(kPatience); });
  batches.EndAll();
  shutdown.join();
  CHECK(running.Result());
  CheckTexts(waiting, "call 2, key 1");
}

TEST_CASE("The destructor leaves no request incomplete") {
  Requests requests;
  {
    Batches batches(1);
    requests.push_back(batches.Join(1));
    batches.WaitForCalls(1);
    requests.push_back(batches.Join(1));
  }
  CHECK(requests.at(0).Result());
  CHECK(requests.at(1).IsComplete());
}

TEST_CASE(
    "A thread that cannot start is an error, not the end of the process") {
  const RoomForThreads room(1);
  CHECK_THROWS_WITH(
      Batches(4),
      "Cannot start a thread for calls of the container runtime: Resource "
      "temporarily unavailable. Raise the limit of memory or threads.");
}

TEST_CASE("No request gets the result of a call that began before it arrived") {
  constexpr int kRequestsPerThread = 2000;
  // A call returns its key, and a number that is larger than those of all
  // events before it.
  std::atomic<std::uint64_t> events{0};
  std::array<std::atomic<int>, 3> running{};
  std::atomic<int> completed{0};
  std::atomic<int> rejected{0};
  std::atomic<int> wrong{0};
  const auto call = [&](int key, std::size_t /*requests*/) {
    const std::uint64_t began = ++events;
    auto& calls_of_key = running.at(static_cast<std::size_t>(key));
    if (calls_of_key.fetch_add(1) != 0) ++wrong;
    for (std::uint64_t i = 0; i < began % 7; ++i) std::this_thread::yield();
    --calls_of_key;
    return MakeCollection(std::to_string(key), static_cast<std::size_t>(began));
  };
  Batcher<int> batcher(call, 2, 200, 0);
  const auto ask = [&](unsigned int seed) {
    std::minstd_rand random(seed);
    for (int i = 0; i < kRequestsPerThread; ++i) {
      const int key = static_cast<int>(random() % running.size());
      const auto complete = [&, key,
                             arrived = ++events](const BatchResult& result) {
        const auto* collection = std::get_if<CollectionPtr>(&result);
        ++(collection == nullptr ? rejected : completed);
        if (collection == nullptr) return;
        if ((*collection)->response.container_count < arrived ||
            *(*collection)->body != std::to_string(key))
          ++wrong;
      };
      batcher.Join(key,
                   {complete, [gone = random() % 8 == 0] { return gone; }});
      if (random() % 16 == 0) std::this_thread::yield();
      if (random() % 512 == 0)
        batcher.RejectWaitingSince(std::chrono::steady_clock::now());
    }
  };
  std::vector<std::thread> threads;
  for (unsigned int i = 1; i <= 8; ++i) threads.emplace_back(ask, i);
  for (std::thread& thread : threads) thread.join();
  batcher.Shutdown(kPatience);
  CHECK(batcher.Pending() == 0);
  CHECK(completed + rejected == 8 * kRequestsPerThread);
  CHECK(completed > 0);
  CHECK(wrong == 0);
}
