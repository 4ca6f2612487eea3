// SPDX-License-Identifier: Apache-2.0

/// A daemon call that does what a test says, and the requests that wait for it.
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

#include "server/answer.h"
#include "server/collect/batcher.h"

namespace containercollector::test {

/// Far more than anything here takes.
inline constexpr std::chrono::seconds kPatience{60};

inline ListOptions Limit(int limit) {
  ListOptions options;
  options.limit = limit;
  return options;
}

/// One call of the daemon. Calls begin on the threads of the Batcher, and end
/// when the test says so.
class FakeDaemonCall {
 public:
  /// To be given to the Batcher.
  server::Answer operator()(const ListOptions& options) {
    std::unique_lock lock(mutex_);
    started_.push_back(options.limit);
    changed_.notify_all();
    changed_.wait(lock, [&] { return free_ || endings_[options.limit] > 0; });
    if (!free_) --endings_[options.limit];
    if (throws_) throw std::runtime_error("thrown by the call");
    return server::TextAnswer(
        status_, "call " + std::to_string(started_.size()) + ", limit " +
                     std::to_string(options.limit));
  }

  /// Lets one call with that limit end, now or when it is made.
  void End(int limit) {
    const std::lock_guard lock(mutex_);
    ++endings_[limit];
    changed_.notify_all();
  }

  /// Lets every call end.
  void EndAll() {
    const std::lock_guard lock(mutex_);
    free_ = true;
    changed_.notify_all();
  }

  void SetStatus(int status) {
    const std::lock_guard lock(mutex_);
    status_ = status;
  }
  void Throw() {
    const std::lock_guard lock(mutex_);
    throws_ = true;
  }

  /// Waits until so many calls have begun, and says with which limits.
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
  int status_ = 200;
  bool free_ = false;
  bool throws_ = false;
};

/// A request, and the answer that it will get.
class FakeRequest {
 public:
  FakeRequest() : promise_(std::make_shared<std::promise<server::Answer>>()) {
    answer_ = promise_->get_future();
  }

  server::Respond Respond() const {
    return [promise = promise_](server::Answer answer) {
      promise->set_value(std::move(answer));
    };
  }

  bool IsAnswered() const {
    return answer_.wait_for(std::chrono::seconds(0)) ==
           std::future_status::ready;
  }

  server::Answer Wait() {
    if (answer_.wait_for(kPatience) != std::future_status::ready)
      throw std::runtime_error("no answer came");
    return answer_.get();
  }

 private:
  std::shared_ptr<std::promise<server::Answer>> promise_;
  std::future<server::Answer> answer_;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SERVER_FAKE_DAEMON_CALL_H_
