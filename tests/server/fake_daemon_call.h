// SPDX-License-Identifier: Apache-2.0

/// A daemon call that a test controls, and the requests that wait for it.
#ifndef CONTAINERCOLLECTOR_TESTS_SERVER_FAKE_DAEMON_CALL_H_
#define CONTAINERCOLLECTOR_TESTS_SERVER_FAKE_DAEMON_CALL_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "containercollector/list_options.h"
#include "server/collect/batcher.h"

namespace containercollector::test {

/// Longer than anything here takes.
inline constexpr std::chrono::seconds kPatience{60};

inline ListOptions Limit(int limit) {
  ListOptions options;
  options.limit = limit;
  return options;
}

/// Calls begin on the threads of the Batcher and end when the test says so.
class FakeDaemonCall {
 public:
  server::CollectionPtr operator()(const ListOptions& options) {
    std::unique_lock lock(mutex_);
    started_.push_back(options.limit);
    changed_.notify_all();
    changed_.wait(lock, [&] { return free_ || endings_[options.limit] > 0; });
    if (!free_) --endings_[options.limit];
    if (throws_) throw std::runtime_error("thrown by the call");
    server::Collection collection;
    if (fails_) collection.response.error = ErrorCode::kDaemonError;
    collection.body = std::make_shared<const std::string>(
        fails_ ? "failed by the call"
               : "call " + std::to_string(started_.size()) + ", limit " +
                     std::to_string(options.limit));
    return std::make_shared<const server::Collection>(std::move(collection));
  }

  /// Ends one call with that limit, now or as soon as it begins.
  void End(int limit) {
    const std::lock_guard lock(mutex_);
    ++endings_[limit];
    changed_.notify_all();
  }

  /// Ends every call, now and later.
  void EndAll() {
    const std::lock_guard lock(mutex_);
    free_ = true;
    changed_.notify_all();
  }

  void Fail() {
    const std::lock_guard lock(mutex_);
    fails_ = true;
  }
  void Throw() {
    const std::lock_guard lock(mutex_);
    throws_ = true;
  }

  /// Waits until `count` calls have begun. Returns the limits of all calls.
  std::vector<int> WaitForCalls(std::size_t count) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience,
                           [&] { return started_.size() >= count; }))
      throw std::runtime_error("the calls did not begin");
    return started_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int> started_;
  std::map<int, int> endings_;
  bool fails_ = false;
  bool free_ = false;
  bool throws_ = false;
};

/// A request and the result that it will get.
class FakeRequest {
 public:
  FakeRequest()
      : state_(std::make_shared<State>()),
        result_(state_->promise.get_future().share()) {}

  /// Call once.
  server::Waiter Waiter() const {
    return {[state = state_](const server::BatchResult& result) {
              state->promise.set_value(result);
            },
            [state = state_] { return state->gone.load(); }};
  }

  /// Nobody waits for the result from now on.
  void Leave() const { state_->gone = true; }

  bool IsComplete() const {
    return result_.wait_for(std::chrono::seconds(0)) ==
           std::future_status::ready;
  }

  server::BatchResult Wait() const {
    if (result_.wait_for(kPatience) != std::future_status::ready)
      throw std::runtime_error("the request was not completed");
    return result_.get();
  }

  /// Throws std::bad_variant_access if the request was rejected.
  server::CollectionPtr Collection() const {
    return std::get<server::CollectionPtr>(Wait());
  }

  std::string Text() const { return *Collection()->body; }

 private:
  struct State {
    std::promise<server::BatchResult> promise;
    std::atomic<bool> gone{false};
  };

  std::shared_ptr<State> state_;
  std::shared_future<server::BatchResult> result_;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SERVER_FAKE_DAEMON_CALL_H_
