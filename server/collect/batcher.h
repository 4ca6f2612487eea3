// SPDX-License-Identifier: Apache-2.0

/// Shares runtime calls between requests.
#ifndef CONTAINERCOLLECTOR_SERVER_COLLECT_BATCHER_H_
#define CONTAINERCOLLECTOR_SERVER_COLLECT_BATCHER_H_

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
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

#include "containercollector/processor.h"

namespace containercollector::server {

/// The containers of this node, or why there are none. Immutable: all requests
/// of a batch share it.
struct Collection {
  Response response;  ///< The processor's, except for its body.
  std::shared_ptr<const std::string> body;
  /// A sentence that says which runtime responded, and why it was chosen.
  std::string runtime;
};

using CollectionPtr = std::shared_ptr<const Collection>;

/// Why a pending request gets no collection.
enum class Rejection {
  kTooManyPending,  ///< As many requests are pending as may be.
  kOverdue,         ///< Other keys held all threads for too long.
  kShuttingDown,
};

/// Null: the call threw, most likely because memory ran out.
using BatchResult = std::variant<CollectionPtr, Rejection>;

/// A pending request. Both functions run on any thread, and must neither throw
/// nor use the Batcher.
struct Waiter {
  /// Completes the request. Called once.
  std::function<void(const BatchResult&)> complete;
  /// Returns whether the client has left.
  std::function<bool()> gone;
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
  /// Calls the runtime for `requests` that share the result. Runs on a thread
  /// of the Batcher, concurrently for different keys.
  using Call = std::function<CollectionPtr(const Key&, std::size_t requests)>;
  using Clock = std::chrono::steady_clock;

  /// @param max_calls Concurrent calls with different keys.
  /// @param max_pending Requests that joined and are not complete.
  /// @param reserved A key with a thread of its own besides `max_calls`, so
  /// that calls with other keys never delay it, and its large blocks stay in
  /// the arena of one thread.
  /// @throws std::runtime_error if a thread cannot be started.
  Batcher(Call call, std::size_t max_calls, std::size_t max_pending,
          std::optional<Key> reserved = std::nullopt)
      : call_(std::move(call)),
        max_pending_(max_pending),
        reserved_(std::move(reserved)) {
    try {
      threads_.reserve(max_calls + 1);
      while (threads_.size() < max_calls)
        threads_.emplace_back([this] { RunCalls(false); });
      if (reserved_) threads_.emplace_back([this] { RunCalls(true); });
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
  void Join(const Key& key, Waiter waiter) {
    const std::lock_guard lock(mutex_);
    if (pending_ >= max_pending_) {
      RejectIf(Rejection::kTooManyPending,
               [](const Group&, const Waiters&, const Waiter& each) {
                 return each.gone();
               });
    }
    if (closed_) return waiter.complete(Rejection::kShuttingDown);
    if (pending_ >= max_pending_)
      return waiter.complete(Rejection::kTooManyPending);
    Group& group = groups_[key];
    group.waiting.push_back(std::move(waiter));
    ++pending_;
    if (group.waiting.size() > 1) return;
    group.waiting_since = Clock::now();
    if (!group.running) ready_[reserved_ == key].notify_one();
  }

  /// Returns how many requests joined and are not complete.
  std::size_t Pending() const {
    const std::lock_guard lock(mutex_);
    return pending_;
  }

  /// Rejects batches that have waited for their call since before `time`, with
  /// kOverdue.
  void RejectWaitingSince(Clock::time_point time) {
    const std::lock_guard lock(mutex_);
    RejectWaiting(Rejection::kOverdue, time);
  }

  /// Accepts no more requests, lets batches begin their calls for another
  /// `grace`, rejects the rest with kShuttingDown, and returns when the running
  /// calls have ended. A second call does nothing.
  void Shutdown(std::chrono::milliseconds grace) {
    {
      std::unique_lock lock(mutex_);
      if (stopping_) return;
      closed_ = true;
      taken_.wait_for(lock, grace, [this] {
        return std::all_of(groups_.begin(), groups_.end(), [](const auto& g) {
          return g.second.waiting.empty();
        });
      });
      RejectWaiting(Rejection::kShuttingDown, Clock::time_point::max());
      stopping_ = true;
      for (std::condition_variable& ready : ready_) ready.notify_all();
    }
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  using Waiters = std::vector<Waiter>;

  /// The requests of one key.
  struct Group {
    bool running = false;  ///< Whether the call of an earlier batch runs.
    Waiters batch;         ///< Share that call.
    Waiters waiting;       ///< Share the next call.
    Clock::time_point waiting_since;
  };
  using Groups = std::map<Key, Group>;

  /// Returns the group that has waited longest for a thread of this kind.
  typename Groups::iterator Next(bool reserved) {
    auto next = groups_.end();
    for (auto group = groups_.begin(); group != groups_.end(); ++group) {
      const Group& each = group->second;
      if (!each.running && !each.waiting.empty() &&
          (reserved_ == group->first) == reserved &&
          (next == groups_.end() ||
           each.waiting_since < next->second.waiting_since)) {
        next = group;
      }
    }
    return next;
  }

  /// @param reserved Whether to make the calls of that key, or all others.
  void RunCalls(bool reserved) {
    std::unique_lock lock(mutex_);
    while (true) {
      auto next = groups_.end();
      ready_[reserved].wait(lock, [&] {
        next = Next(reserved);
        return stopping_ || next != groups_.end();
      });
      if (next == groups_.end()) return;

      Group& group = next->second;
      group.running = true;
      // From here on requests join the next batch: the call begins now.
      group.batch = std::exchange(group.waiting, {});
      const std::size_t requests = group.batch.size();
      taken_.notify_all();

      lock.unlock();
      const CollectionPtr collection = MakeCall(next->first, requests);
      lock.lock();

      const Waiters batch = std::exchange(group.batch, {});
      pending_ -= batch.size();
      group.running = false;
      if (group.waiting.empty()) groups_.erase(next);
      if (Next(reserved) != groups_.end()) ready_[reserved].notify_one();

      lock.unlock();
      for (const Waiter& waiter : batch) waiter.complete(collection);
      lock.lock();
    }
  }

  CollectionPtr MakeCall(const Key& key, std::size_t requests) const noexcept {
    try {
      return call_(key, requests);
    } catch (const std::exception&) {
      return nullptr;
    }
  }

  /// Rejects the requests for which `condition` holds.
  /// @param condition Gets a group, its batch or waiting requests, and one of
  /// these.
  template <typename Condition>
  void RejectIf(Rejection rejection, Condition condition) {
    for (auto it = groups_.begin(); it != groups_.end();) {
      Group& group = it->second;
      for (Waiters* const from : {&group.batch, &group.waiting}) {
        const auto rest = std::partition(
            from->begin(), from->end(), [&](const Waiter& waiter) {
              return !condition(group, *from, waiter);
            });
        pending_ -= static_cast<std::size_t>(from->end() - rest);
        for (auto waiter = rest; waiter != from->end(); ++waiter)
          waiter->complete(rejection);
        from->erase(rest, from->end());
      }
      const bool unused = !group.running && group.waiting.empty();
      it = unused ? groups_.erase(it) : std::next(it);
    }
  }

  void RejectWaiting(Rejection rejection, Clock::time_point since_before) {
    RejectIf(rejection, [&](const Group& group, const Waiters& from,
                            const Waiter& /*waiter*/) {
      return &from == &group.waiting && group.waiting_since < since_before;
    });
  }

  const Call call_;
  const std::size_t max_pending_;
  const std::optional<Key> reserved_;

  mutable std::mutex mutex_;
  // A call may begin: of other keys than the reserved one, and of that.
  std::array<std::condition_variable, 2> ready_;
  std::condition_variable taken_;  // A call has begun.
  Groups groups_;                  // Each runs, waits, or both.
  std::size_t pending_ = 0;
  bool closed_ = false;
  bool stopping_ = false;

  std::vector<std::thread> threads_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_COLLECT_BATCHER_H_
