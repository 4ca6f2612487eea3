// SPDX-License-Identifier: Apache-2.0

#include "server/collect/batcher.h"

#include <chrono>
#include <deque>
#include <thread>

#include "tests/server/fake_daemon_call.h"
#include "tests/server/no_threads.h"
#include "tests/support/catch.h"

using namespace containercollector;
using namespace containercollector::test;
using server::BatcherOptions;
using server::BatchResult;
using server::Rejection;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Batcher = server::Batcher<ListOptions>;

namespace {

BatcherOptions Bounds(std::size_t max_calls, std::size_t max_pending = 1000) {
  BatcherOptions options;
  options.max_calls = max_calls;
  options.max_pending = max_pending;
  return options;
}

/// A Batcher with a fake call. Ends its calls before it is destroyed.
struct Batches {
  explicit Batches(const BatcherOptions& options,
                   std::optional<ListOptions> reserved = std::nullopt)
      : batcher([this](const ListOptions& list) { return call(list); }, options,
                std::move(reserved)) {}
  ~Batches() { call.EndAll(); }
  Batches(const Batches&) = delete;
  Batches& operator=(const Batches&) = delete;

  FakeRequest Join(int limit) {
    FakeRequest request;
    batcher.Join(Limit(limit), request.Waiter());
    return request;
  }

  std::deque<FakeRequest> Join(int limit, int count) {
    std::deque<FakeRequest> requests;
    for (int i = 0; i < count; ++i) requests.push_back(Join(limit));
    return requests;
  }

  FakeDaemonCall call;
  Batcher batcher;
};

void CheckTexts(const std::deque<FakeRequest>& requests,
                const std::string& text) {
  for (const FakeRequest& request : requests) CHECK(request.Text() == text);
}

void CheckRejected(const FakeRequest& request, Rejection rejection) {
  CHECK(request.Wait() == BatchResult(rejection));
}

}  // namespace

TEST_CASE("A request gets the result of a call of its own") {
  Batches batches(Bounds(1));
  const FakeRequest request = batches.Join(7);
  batches.call.End(7);
  CHECK(request.Text() == "call 1, limit 7");
}

TEST_CASE("Requests that arrive while a call runs share the next one") {
  Batches batches(Bounds(1));
  const FakeRequest first = batches.Join(7);
  batches.call.WaitForCalls(1);
  const std::deque<FakeRequest> next = batches.Join(7, 100);
  batches.call.End(7);
  CHECK(first.Text() == "call 1, limit 7");
  for (const FakeRequest& request : next) CHECK_FALSE(request.IsComplete());

  batches.call.End(7);
  CheckTexts(next, "call 2, limit 7");
  CHECK(batches.call.WaitForCalls(2).size() == 2);
}

TEST_CASE("All requests of a batch get the same collection, not a copy") {
  Batches batches(Bounds(1));
  const FakeRequest running = batches.Join(7);
  batches.call.WaitForCalls(1);
  const FakeRequest a = batches.Join(7);
  const FakeRequest b = batches.Join(7);
  batches.call.EndAll();
  CHECK(a.Collection() == b.Collection());
}

TEST_CASE("A failure reaches all requests of the batch") {
  Batches batches(Bounds(1));
  const FakeRequest running = batches.Join(7);
  batches.call.WaitForCalls(1);
  const std::deque<FakeRequest> requests = batches.Join(7, 10);

  SECTION("one that the call returns") {
    batches.call.Fail();
    batches.call.EndAll();
    CHECK(running.Text() == "failed by the call");
    CheckTexts(requests, "failed by the call");
  }
  SECTION("one that the call throws") {
    batches.call.Throw();
    batches.call.EndAll();
    CheckTexts(requests,
               "Collecting containers failed: most likely this process is out "
               "of memory. Look at its memory limit.");
    CHECK(running.Collection()->response.error == ErrorCode::kInternal);
  }
}

TEST_CASE("A slow call does not delay calls with other options") {
  Batches batches(Bounds(2));
  const FakeRequest slow = batches.Join(1);
  batches.call.WaitForCalls(1);
  const std::deque<FakeRequest> waits_for_slow = batches.Join(1, 3);

  for (int i = 0; i < 5; ++i) {
    const FakeRequest quick = batches.Join(2);
    batches.call.End(2);
    CHECK(quick.Text() == "call " + std::to_string(i + 2) + ", limit 2");
  }
  CHECK_FALSE(slow.IsComplete());
}

TEST_CASE("At most max_calls calls run at a time, in the order of arrival") {
  Batches batches(Bounds(2));
  std::deque<FakeRequest> requests;
  for (int limit = 1; limit <= 5; ++limit)
    requests.push_back(batches.Join(limit));
  batches.call.WaitForCalls(2);

  batches.call.End(2);
  CHECK(batches.call.WaitForCalls(3).at(2) == 3);
  batches.call.End(1);
  CHECK(batches.call.WaitForCalls(4).at(3) == 4);
  CHECK(batches.batcher.Pending() == 3);
  batches.call.EndAll();
  for (const FakeRequest& request : requests)
    CHECK_FALSE(request.Collection()->response.error);
}

TEST_CASE("Calls with other options never delay the reserved options") {
  Batches batches(Bounds(2), Limit(0));
  std::deque<FakeRequest> others;
  for (int limit = 1; limit <= 5; ++limit)
    others.push_back(batches.Join(limit));
  batches.call.WaitForCalls(2);

  for (int i = 0; i < 3; ++i) {
    const FakeRequest request = batches.Join(0);
    batches.call.End(0);
    CHECK(request.Text() == "call " + std::to_string(i + 3) + ", limit 0");
  }
  for (const FakeRequest& request : others) CHECK_FALSE(request.IsComplete());
  CHECK(batches.call.WaitForCalls(5).size() == 5);
}

TEST_CASE("The reserved call is for the reserved options alone") {
  Batches batches(Bounds(1), Limit(0));
  const FakeRequest first = batches.Join(1);
  const FakeRequest second = batches.Join(2);
  batches.call.WaitForCalls(1);
  const FakeRequest reserved = batches.Join(0);
  CHECK(batches.call.WaitForCalls(2).at(1) == 0);

  const FakeRequest reserved_next = batches.Join(0);
  batches.batcher.RejectWaitingSince(steady_clock::time_point::max());
  CheckRejected(second, Rejection::kOverdue);
  CheckRejected(reserved_next, Rejection::kOverdue);
  batches.call.EndAll();
  CHECK(first.Text() == "call 2, limit 1");
  CHECK(reserved.Text() == "call 2, limit 0");
}

TEST_CASE("Requests beyond max_pending are rejected, and only those") {
  Batches batches(Bounds(1, 3));
  const std::deque<FakeRequest> requests = batches.Join(7, 3);
  CHECK(batches.batcher.Pending() == 3);
  CheckRejected(batches.Join(7), Rejection::kTooManyPending);

  batches.call.EndAll();
  for (const FakeRequest& request : requests)
    CHECK_FALSE(request.Collection()->response.error);
  CHECK_FALSE(batches.Join(7).Collection()->response.error);
  CHECK(batches.batcher.Pending() == 0);
}

TEST_CASE("Requests that are gone make room if too many are pending") {
  Batches batches(Bounds(1, 4));
  const std::deque<FakeRequest> running = batches.Join(1, 2);
  batches.call.WaitForCalls(1);
  const FakeRequest gone_other = batches.Join(2);
  const FakeRequest waiting = batches.Join(3);
  CheckRejected(batches.Join(4), Rejection::kTooManyPending);

  running.at(1).Leave();
  gone_other.Leave();
  const FakeRequest more = batches.Join(4);
  CheckRejected(running.at(1), Rejection::kTooManyPending);
  CheckRejected(gone_other, Rejection::kTooManyPending);
  CHECK(batches.batcher.Pending() == 3);

  batches.call.EndAll();
  CHECK_FALSE(running.at(0).Collection()->response.error);
  CHECK_FALSE(waiting.Collection()->response.error);
  CHECK_FALSE(more.Collection()->response.error);
  CHECK(batches.call.WaitForCalls(3) == std::vector<int>{1, 3, 4});
}

TEST_CASE("on_batch gets the size of each batch before its call") {
  std::mutex mutex;
  std::vector<std::size_t> sizes;
  BatcherOptions options = Bounds(1);
  options.on_batch = [&](std::size_t size) {
    const std::lock_guard lock(mutex);
    sizes.push_back(size);
  };
  {
    Batches batches(options);
    const FakeRequest first = batches.Join(7);
    batches.call.WaitForCalls(1);
    const std::deque<FakeRequest> next = batches.Join(7, 5);
    batches.call.EndAll();
    for (const FakeRequest& request : next) request.Wait();
  }
  CHECK(sizes == std::vector<std::size_t>{1, 5});
}

TEST_CASE("Batches that wait too long for their call are rejected") {
  Batches batches(Bounds(1));
  const FakeRequest running = batches.Join(1);
  batches.call.WaitForCalls(1);
  const FakeRequest same_options = batches.Join(1);
  const FakeRequest other_options = batches.Join(2);

  batches.batcher.RejectWaitingSince(steady_clock::time_point::min());
  CHECK_FALSE(same_options.IsComplete());

  batches.batcher.RejectWaitingSince(steady_clock::time_point::max());
  CheckRejected(same_options, Rejection::kOverdue);
  CheckRejected(other_options, Rejection::kOverdue);
  CHECK_FALSE(running.IsComplete());
  CHECK(batches.batcher.Pending() == 1);

  // A request that comes afterwards gets a call.
  const FakeRequest again = batches.Join(2);
  batches.call.EndAll();
  CHECK_FALSE(running.Collection()->response.error);
  CHECK_FALSE(again.Collection()->response.error);
}

TEST_CASE(
    "A shutdown completes the batches whose call runs and rejects the rest") {
  Batches batches(Bounds(1));
  const FakeRequest running = batches.Join(1);
  batches.call.WaitForCalls(1);
  const std::deque<FakeRequest> waiting = batches.Join(1, 3);
  const FakeRequest other = batches.Join(2);

  std::thread shutdown([&] { batches.batcher.Shutdown(milliseconds(0)); });
  CheckRejected(other, Rejection::kShuttingDown);
  for (const FakeRequest& request : waiting)
    CheckRejected(request, Rejection::kShuttingDown);
  CHECK_FALSE(running.IsComplete());
  CheckRejected(batches.Join(1), Rejection::kShuttingDown);

  batches.call.End(1);
  CHECK(running.Text() == "call 1, limit 1");
  shutdown.join();
  CHECK(batches.batcher.Pending() == 0);
}

TEST_CASE("During the grace of a shutdown, waiting batches get their call") {
  Batches batches(Bounds(1));
  const FakeRequest running = batches.Join(1);
  batches.call.WaitForCalls(1);
  const std::deque<FakeRequest> waiting = batches.Join(1, 3);
  std::thread shutdown([&] { batches.batcher.Shutdown(kPatience); });
  batches.call.EndAll();
  shutdown.join();
  CHECK_FALSE(running.Collection()->response.error);
  CheckTexts(waiting, "call 2, limit 1");
}

TEST_CASE("The destructor leaves no request incomplete") {
  const FakeRequest request;
  const FakeRequest waiting;
  {
    Batches batches(Bounds(1));
    batches.batcher.Join(Limit(1), request.Waiter());
    batches.call.WaitForCalls(1);
    batches.batcher.Join(Limit(1), waiting.Waiter());
    batches.call.EndAll();
  }
  CHECK_FALSE(request.Collection()->response.error);
  CHECK(waiting.IsComplete());
}

TEST_CASE(
    "A thread that cannot start is an error, not the end of the process") {
  const RoomForThreads room(1);
  CHECK_THROWS_WITH(
      Batches(Bounds(4)),
      "Cannot start a thread for calls of the container runtime: Resource "
      "temporarily unavailable. Raise the limit of memory or threads.");
}
