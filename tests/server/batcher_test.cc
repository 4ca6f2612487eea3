// SPDX-License-Identifier: Apache-2.0

#include "server/collect/batcher.h"

#include <chrono>
#include <deque>
#include <thread>

#include "tests/server/fake_daemon_call.h"
#include "tests/support/catch.h"

using namespace containercollector;
using namespace containercollector::test;
using server::Answer;
using server::Batcher;
using server::TextAnswer;
using Joined = Batcher::Joined;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

Batcher::Options Bounds(std::size_t max_calls, std::size_t max_waiting = 1000) {
  Batcher::Options options;
  options.max_calls = max_calls;
  options.max_waiting = max_waiting;
  return options;
}

/// A Batcher over a fake call, which ends its calls before it goes.
struct Batches {
  explicit Batches(const Batcher::Options& options)
      : batcher([this](const ListOptions& list) { return call(list); },
                options) {}
  ~Batches() { call.EndAll(); }
  Batches(const Batches&) = delete;
  Batches& operator=(const Batches&) = delete;

  FakeRequest Join(int limit) {
    FakeRequest request;
    REQUIRE(batcher.Join(Limit(limit), request.Respond()) == Joined::kYes);
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

void CheckBodies(std::deque<FakeRequest>& requests, const std::string& body) {
  for (FakeRequest& request : requests) CHECK(request.Wait()->body == body);
}

}  // namespace

TEST_CASE("A request is answered from a call of its own") {
  Batches batches(Bounds(1));
  FakeRequest request = batches.Join(7);
  batches.call.End(7);
  CHECK(request.Wait()->body == "call 1, limit 7");
}

TEST_CASE("Requests that come while a call runs share the next one") {
  Batches batches(Bounds(1));
  FakeRequest first = batches.Join(7);
  batches.call.WaitForCalls(1);
  std::deque<FakeRequest> next = batches.Join(7, 100);
  batches.call.End(7);
  CHECK(first.Wait()->body == "call 1, limit 7");
  for (const FakeRequest& request : next) CHECK_FALSE(request.IsAnswered());

  batches.call.End(7);
  CheckBodies(next, "call 2, limit 7");
  CHECK(batches.call.WaitForCalls(2).size() == 2);
}

TEST_CASE("All requests of a batch get the same answer, not a copy") {
  Batches batches(Bounds(1));
  FakeRequest running = batches.Join(7);
  batches.call.WaitForCalls(1);
  FakeRequest a = batches.Join(7);
  FakeRequest b = batches.Join(7);
  batches.call.EndAll();
  CHECK(a.Wait() == b.Wait());
}

TEST_CASE("Errors reach everyone in the batch") {
  Batches batches(Bounds(1));
  FakeRequest running = batches.Join(7);
  batches.call.WaitForCalls(1);
  std::deque<FakeRequest> requests = batches.Join(7, 10);

  SECTION("those that the call answers with") {
    batches.call.SetStatus(500);
    batches.call.EndAll();
    CHECK(running.Wait()->status == 500);
    for (FakeRequest& request : requests) CHECK(request.Wait()->status == 500);
  }
  SECTION("those that it throws") {
    batches.call.Throw();
    batches.call.EndAll();
    CheckBodies(requests,
                "Collecting containers failed: most likely this process is out "
                "of memory. Look at its memory limit.");
    CHECK(running.Wait()->status == 500);
  }
}

TEST_CASE("A slow set of options does not delay another") {
  Batches batches(Bounds(2));
  FakeRequest slow = batches.Join(1);
  batches.call.WaitForCalls(1);
  std::deque<FakeRequest> waits_for_slow = batches.Join(1, 3);

  for (int i = 0; i < 5; ++i) {
    FakeRequest quick = batches.Join(2);
    batches.call.End(2);
    CHECK(quick.Wait()->body == "call " + std::to_string(i + 2) + ", limit 2");
  }
  CHECK_FALSE(slow.IsAnswered());
}

TEST_CASE("No more calls run at a time than may") {
  Batches batches(Bounds(2));
  std::deque<FakeRequest> requests;
  for (int limit = 1; limit <= 5; ++limit)
    requests.push_back(batches.Join(limit));
  batches.call.WaitForCalls(2);

  // In the order in which they came.
  batches.call.End(2);
  CHECK(batches.call.WaitForCalls(3).at(2) == 3);
  batches.call.End(1);
  CHECK(batches.call.WaitForCalls(4).at(3) == 4);
  CHECK(batches.batcher.Waiting() == 3);
  batches.call.EndAll();
  for (FakeRequest& request : requests) CHECK(request.Wait()->status == 200);
}

TEST_CASE("Requests beyond the bound are turned away, and only those") {
  Batches batches(Bounds(1, 3));
  std::deque<FakeRequest> requests = batches.Join(7, 3);
  CHECK(batches.batcher.Waiting() == 3);
  FakeRequest refused;
  CHECK(batches.batcher.Join(Limit(7), refused.Respond()) == Joined::kFull);

  batches.call.EndAll();
  for (FakeRequest& request : requests) CHECK(request.Wait()->status == 200);
  CHECK_FALSE(refused.IsAnswered());
  CHECK(batches.Join(7).Wait()->status == 200);
  CHECK(batches.batcher.Waiting() == 0);
}

TEST_CASE("The size of each batch is told before its call") {
  std::mutex mutex;
  std::vector<std::size_t> sizes;
  Batcher::Options options = Bounds(1);
  options.on_batch = [&](std::size_t size) {
    const std::lock_guard lock(mutex);
    sizes.push_back(size);
  };
  {
    Batches batches(options);
    FakeRequest first = batches.Join(7);
    batches.call.WaitForCalls(1);
    std::deque<FakeRequest> next = batches.Join(7, 5);
    batches.call.EndAll();
    for (FakeRequest& request : next) request.Wait();
  }
  CHECK(sizes == std::vector<std::size_t>{1, 5});
}

TEST_CASE("Batches that wait too long for their call are refused") {
  Batches batches(Bounds(1));
  FakeRequest running = batches.Join(1);
  batches.call.WaitForCalls(1);
  FakeRequest same_options = batches.Join(1);
  FakeRequest other_options = batches.Join(2);

  const Answer refusal = TextAnswer(503, "refused");
  batches.batcher.RefuseWaitingSince(steady_clock::time_point::min(), refusal);
  CHECK_FALSE(same_options.IsAnswered());

  batches.batcher.RefuseWaitingSince(steady_clock::time_point::max(), refusal);
  CHECK(same_options.Wait() == refusal);
  CHECK(other_options.Wait() == refusal);
  CHECK_FALSE(running.IsAnswered());

  // Whoever asks again afterwards gets a call.
  FakeRequest again = batches.Join(2);
  batches.call.EndAll();
  CHECK(running.Wait()->status == 200);
  CHECK(again.Wait()->status == 200);
}

TEST_CASE(
    "A shutdown answers those whose call runs, and refuses those behind") {
  Batches batches(Bounds(1));
  FakeRequest running = batches.Join(1);
  batches.call.WaitForCalls(1);
  std::deque<FakeRequest> waiting = batches.Join(1, 3);
  FakeRequest other = batches.Join(2);

  const Answer refusal = TextAnswer(503, "going");
  std::thread shutdown(
      [&] { batches.batcher.Shutdown(milliseconds(0), refusal); });
  CHECK(other.Wait() == refusal);
  for (FakeRequest& request : waiting) CHECK(request.Wait() == refusal);
  CHECK_FALSE(running.IsAnswered());
  FakeRequest late;
  CHECK(batches.batcher.Join(Limit(1), late.Respond()) == Joined::kClosed);

  batches.call.End(1);
  CHECK(running.Wait()->body == "call 1, limit 1");
  shutdown.join();
  CHECK(batches.batcher.Waiting() == 0);
}

TEST_CASE("During the grace of a shutdown, those who wait get their call") {
  Batches batches(Bounds(1));
  FakeRequest running = batches.Join(1);
  batches.call.WaitForCalls(1);
  std::deque<FakeRequest> waiting = batches.Join(1, 3);
  std::thread shutdown(
      [&] { batches.batcher.Shutdown(kPatience, TextAnswer(503, "going")); });
  batches.call.EndAll();
  shutdown.join();
  CHECK(running.Wait()->status == 200);
  CheckBodies(waiting, "call 2, limit 1");
}

TEST_CASE("Nobody is left without an answer by the destructor") {
  FakeRequest request;
  FakeRequest waiting;
  {
    Batches batches(Bounds(1));
    batches.batcher.Join(Limit(1), request.Respond());
    batches.call.WaitForCalls(1);
    batches.batcher.Join(Limit(1), waiting.Respond());
    batches.call.EndAll();
  }
  CHECK(request.Wait()->status == 200);
  CHECK(waiting.IsAnswered());
}
