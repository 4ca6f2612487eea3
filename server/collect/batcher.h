// SPDX-License-Identifier: Apache-2.0

/// Many requests, few daemon calls.
#ifndef CONTAINERCOLLECTOR_SERVER_COLLECT_BATCHER_H_
#define CONTAINERCOLLECTOR_SERVER_COLLECT_BATCHER_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "containercollector/list_options.h"
#include "server/answer.h"

namespace containercollector::server {

/// Lets requests with the same options share one call of the daemon.
///
/// A request is only ever answered from a call that began after it joined. Of
/// each set of options at most one call runs; requests that join meanwhile wait
/// together for the next one. Calls of different options run side by side.
///
/// RAII: owns the threads that make the calls; they all start at once, so that
/// a sick daemon costs no more threads than a healthy one. Thread-safety: every
/// member may be called from any thread, but for Shutdown() and the destructor.
class Batcher {
 public:
  /// Asks the daemon. Runs on a thread of the Batcher, for different options at
  /// the same time.
  using Call = std::function<Answer(const ListOptions&)>;

  struct Options {
    std::size_t max_calls = 1;    ///< Calls that run side by side.
    std::size_t max_waiting = 1;  ///< Requests that are not answered yet.
    /// Called before each call with the number of requests that share it.
    std::function<void(std::size_t)> on_batch = [](std::size_t) {};
  };

  enum class Joined {
    kYes,     ///< The request will be answered.
    kFull,    ///< As many requests wait already as may.
    kClosed,  ///< Shutdown() has begun.
  };

  Batcher(Call call, Options options);
  ~Batcher();
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;

  /// Unless it says kYes, `respond` is not called.
  Joined Join(const ListOptions& options, Respond respond);

  /// Requests that are not answered yet.
  std::size_t Waiting() const;

  /// Answers batches that waited for their call since before `time`, and have
  /// not got it, with `answer`.
  void RefuseWaitingSince(std::chrono::steady_clock::time_point time,
                          const Answer& answer);

  /// Takes no more requests, lets waiting batches begin their calls for `grace`
  /// more, answers those that could not with `answer`, and returns when the
  /// calls that run have ended. A second call does nothing.
  void Shutdown(std::chrono::milliseconds grace, const Answer& answer);

 private:
  /// Requests with the same options.
  struct Group {
    bool running = false;  ///< Whether a call runs, for a batch before.
    std::vector<Respond> waiting;
    std::chrono::steady_clock::time_point waiting_since;
  };
  using Groups = std::map<ListOptions, Group>;

  void RunCalls();
  /// Takes the waiting requests of all groups that wait since before `time`.
  std::vector<Respond> TakeWaitingSince(
      std::chrono::steady_clock::time_point time);

  const Call call_;
  const Options options_;
  const Answer failure_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Groups groups_;                       // Each runs or waits.
  std::deque<Groups::iterator> ready_;  // Those that wait and do not run.
  std::size_t waiting_ = 0;
  bool closed_ = false;
  bool stopping_ = false;

  std::vector<std::thread> threads_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_COLLECT_BATCHER_H_
