// SPDX-License-Identifier: Apache-2.0

/// Shares runtime calls between requests.
#ifndef CONTAINERCOLLECTOR_SERVER_COLLECT_BATCHER_H_
#define CONTAINERCOLLECTOR_SERVER_COLLECT_BATCHER_H_

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "server/collect/collection.h"

namespace containercollector::server {

/// Why a pending request gets no collection.
enum class Rejection {
  kTooManyPending,  ///< As many requests are pending as may be.
  kOverdue,         ///< Other keys held all threads for too long.
  kShuttingDown,
};

using BatchResult = std::variant<CollectionPtr, Rejection>;

/// A pending request, as the Batcher sees it.
class Waiter {
 public:
  virtual ~Waiter() = default;

  /// Completes the request. Called once, from any thread.
  virtual void Complete(const BatchResult& result) noexcept = 0;

  /// Returns whether nobody is known to wait for the result any more.
  virtual bool Gone() const noexcept = 0;

 protected:
  Waiter() = default;
  Waiter(const Waiter&) = default;
  Waiter& operator=(const Waiter&) = default;
};

struct BatcherOptions {
  std::size_t max_calls = 1;    ///< Concurrent calls with different keys.
  std::size_t max_pending = 1;  ///< Requests that joined and are not complete.
  /// Called before each call with the number of requests that share it.
  std::function<void(std::size_t)> on_batch = [](std::size_t) {};
};

/// Lets requests with the same key share one runtime call.
///
/// A request only ever gets the result of a call that began after it joined.
/// Per key at most one call runs; requests that join meanwhile share the next
/// one. Calls with different keys run concurrently.
///
/// RAII: owns the threads that make the calls. All start in the constructor, so
/// a sick runtime costs no more threads than a healthy one.
/// Thread-safety: every member but Shutdown() and the destructor may be called
/// from any thread.
/// @tparam Key What requests have in common, e.g. list options. Ordered by <.
template <typename Key>
class Batcher {
 public:
  /// Calls the runtime. Runs on a thread of the Batcher, concurrently for
  /// different keys.
  using Call = std::function<CollectionPtr(const Key&)>;

  /// @param reserved A key with a thread of its own besides
  /// `options.max_calls`, so that calls with other keys never delay it.
  /// @throws std::runtime_error if a thread cannot be started.
  Batcher(Call call, BatcherOptions options,
          std::optional<Key> reserved = std::nullopt)
      : call_(std::move(call)),
        options_(std::move(options)),
        reserved_(std::move(reserved)) {
    try {
      threads_.reserve(options_.max_calls + 1);
      for (std::size_t i = 0; i < options_.max_calls; ++i)
        threads_.emplace_back([this] { RunCalls(shared_lane_); });
      if (reserved_)
        threads_.emplace_back([this] { RunCalls(reserved_lane_); });
    } catch (const std::system_error& error) {
      Shutdown(std::chrono::milliseconds(0));
      throw std::runtime_error(
          "Cannot start a thread for calls of the container runtime: " +
          error.code().message() + ". Raise the limit of memory or threads.");
    }
  }

  ~Batcher() { Shutdown(std::chrono::milliseconds(0)); }
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  /// Adds a request to the next batch of `key`, or rejects it at once. Requests
  /// that are gone make room if too many are pending.
  void Join(const Key& key, std::unique_ptr<Waiter> waiter) {
    Waiters rejected;
    Rejection rejection = Rejection::kTooManyPending;
    {
      const std::lock_guard lock(mutex_);
      if (pending_ >= options_.max_pending) rejected = TakeGone();
      if (closed_) {
        rejection = Rejection::kShuttingDown;
        rejected.push_back(std::move(waiter));
      } else if (pending_ >= options_.max_pending) {
        rejected.push_back(std::move(waiter));
      } else {
        Add(key, std::move(waiter));
      }
    }
    Reject(rejected, rejection);
  }

  /// Returns how many requests joined and are not complete.
  std::size_t Pending() const {
    const std::lock_guard lock(mutex_);
    return pending_;
  }

  /// Rejects batches that have waited for their call since before `time`, with
  /// kOverdue.
  void RejectWaitingSince(std::chrono::steady_clock::time_point time) {
    Waiters overdue;
    {
      const std::lock_guard lock(mutex_);
      overdue = TakeWaitingSince(time);
    }
    Reject(overdue, Rejection::kOverdue);
  }

  /// Accepts no more requests, lets batches begin their calls for another
  /// `grace`, rejects the rest with kShuttingDown, and returns when the running
  /// calls have ended. A second call does nothing.
  void Shutdown(std::chrono::milliseconds grace) {
    Waiters rest;
    {
      std::unique_lock lock(mutex_);
      if (stopping_) return;
      closed_ = true;
      taken_.wait_for(lock, grace, [this] {
        return std::all_of(groups_.begin(), groups_.end(), [](const auto& g) {
          return g.second.waiting.empty();
        });
      });
      rest = TakeWaitingSince(std::chrono::steady_clock::time_point::max());
      stopping_ = true;
      shared_lane_.changed.notify_all();
      reserved_lane_.changed.notify_all();
    }
    Reject(rest, Rejection::kShuttingDown);
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  using Waiters = std::vector<std::unique_ptr<Waiter>>;

  /// The requests of one key.
  struct Group {
    bool running = false;  ///< Whether the call of an earlier batch runs.
    Waiters batch;         ///< Share that call.
    Waiters waiting;       ///< Share the next call.
    std::chrono::steady_clock::time_point waiting_since;
  };
  using Groups = std::map<Key, Group>;
  using GroupIterator = typename Groups::iterator;

  /// Groups that wait and do not run, in the order in which they came.
  struct Lane {
    std::deque<GroupIterator> ready;
    std::condition_variable changed;
  };

  Lane& LaneOf(GroupIterator group) {
    const bool reserved = reserved_ && !(group->first < *reserved_) &&
                          !(*reserved_ < group->first);
    return reserved ? reserved_lane_ : shared_lane_;
  }

  void Add(const Key& key, std::unique_ptr<Waiter> waiter) {
    const auto group = groups_.try_emplace(key).first;
    group->second.waiting.push_back(std::move(waiter));
    ++pending_;
    if (group->second.waiting.size() == 1) {
      group->second.waiting_since = std::chrono::steady_clock::now();
      if (!group->second.running) MakeReady(group);
    }
  }

  void MakeReady(GroupIterator group) {
    Lane& lane = LaneOf(group);
    lane.ready.push_back(group);
    lane.changed.notify_one();
  }

  void RunCalls(Lane& lane) {
    std::unique_lock lock(mutex_);
    while (true) {
      lane.changed.wait(lock, [&] { return stopping_ || !lane.ready.empty(); });
      if (lane.ready.empty()) return;

      const auto group = lane.ready.front();
      lane.ready.pop_front();
      group->second.running = true;
      // From here on requests join the next batch: the call begins now.
      group->second.batch = std::exchange(group->second.waiting, {});
      const std::size_t requests = group->second.batch.size();
      taken_.notify_all();

      lock.unlock();
      const CollectionPtr collection = MakeCall(group->first, requests);
      lock.lock();

      const Waiters batch = std::exchange(group->second.batch, {});
      pending_ -= batch.size();
      group->second.running = false;
      if (group->second.waiting.empty()) {
        groups_.erase(group);
      } else {
        MakeReady(group);
      }

      lock.unlock();
      for (const auto& waiter : batch) waiter->Complete(collection);
      lock.lock();
    }
  }

  CollectionPtr MakeCall(const Key& key, std::size_t requests) const {
    try {
      options_.on_batch(requests);
      return call_(key);
    } catch (const std::exception&) {
      return out_of_memory_;
    }
  }

  /// Takes the waiting requests of all groups that wait since before `time`.
  Waiters TakeWaitingSince(std::chrono::steady_clock::time_point time) {
    Waiters taken;
    for (auto group = groups_.begin(); group != groups_.end();) {
      auto& [running, batch, waiting, waiting_since] = group->second;
      if (!waiting.empty() && waiting_since < time) {
        std::move(waiting.begin(), waiting.end(), std::back_inserter(taken));
        waiting.clear();
      }
      group = EraseIfEmpty(group);
    }
    pending_ -= taken.size();
    return taken;
  }

  Waiters TakeGone() {
    Waiters taken;
    const auto take = [&taken](Waiters& from) {
      const auto gone =
          std::partition(from.begin(), from.end(),
                         [](const auto& waiter) { return !waiter->Gone(); });
      std::move(gone, from.end(), std::back_inserter(taken));
      from.erase(gone, from.end());
    };
    for (auto group = groups_.begin(); group != groups_.end();) {
      take(group->second.batch);
      take(group->second.waiting);
      group = EraseIfEmpty(group);
    }
    pending_ -= taken.size();
    return taken;
  }

  /// Erases a group for which no call runs or waits. Returns the next one.
  GroupIterator EraseIfEmpty(GroupIterator group) {
    if (group->second.running || !group->second.waiting.empty())
      return std::next(group);
    auto& ready = LaneOf(group).ready;
    ready.erase(std::remove(ready.begin(), ready.end(), group), ready.end());
    return groups_.erase(group);
  }

  static void Reject(const Waiters& waiters, Rejection rejection) {
    for (const auto& waiter : waiters) waiter->Complete(rejection);
  }

  const Call call_;
  const BatcherOptions options_;
  const std::optional<Key> reserved_;
  /// Allocated up front, so that reporting exhaustion cannot itself fail.
  const CollectionPtr out_of_memory_ = FailedCollection(
      ErrorCode::kInternal,
      "Collecting containers failed: most likely this process is out of "
      "memory. Look at its memory limit.");

  mutable std::mutex mutex_;
  std::condition_variable taken_;  // A batch began its call.
  Groups groups_;                  // Each runs, waits, or both.
  Lane shared_lane_;
  Lane reserved_lane_;
  std::size_t pending_ = 0;
  bool closed_ = false;
  bool stopping_ = false;

  std::vector<std::thread> threads_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_COLLECT_BATCHER_H_
