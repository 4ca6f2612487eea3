// SPDX-License-Identifier: Apache-2.0

/// The details of containers and sandboxes, from memory or by status calls.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_STATUSES_H_
#define CONTAINERCOLLECTOR_SRC_CRI_STATUSES_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "lib/src/cri/containers.h"
#include "lib/src/cri/runtime_service.h"

namespace containercollector::internal::cri {

/// What is remembered about a container or sandbox.
struct Remembered {
  /// Null if no status call succeeded.
  std::shared_ptr<const Details> details;
  /// Whether the details remain valid until the state changes.
  bool is_final = false;
  /// Whether a verbose call succeeded, or failed for good.
  bool verbose_done = false;
  /// How many status calls in a row timed out.
  int timeouts = 0;
};

/// A CRI container runs only once, so its status is fixed as long as its state
/// is. This class remembers the details of the containers in the runtime's last
/// list. It forgets everything when the runtime is replaced.
///
/// Thread-safe.
class StatusMemory {
 public:
  /// @param max_bytes Limit on the size of the stored details.
  explicit StatusMemory(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Forgets everything if another runtime now listens at the socket.
  /// @return A number that identifies this runtime, for Put().
  std::uint64_t Check(const std::string& socket_path);

  /// Forgets everything that is not in this list of all containers and
  /// sandboxes.
  void Retain(const std::vector<Entry>& entries);

  /// Returns what is remembered about each entry.
  std::vector<Remembered> Get(const std::vector<Entry>& entries) const;

  /// Stores what was learned about each entry, unless the runtime was replaced.
  void Put(std::uint64_t runtime, const std::vector<Entry>& entries,
           std::vector<Remembered> learned);

  /// Returns whether containers of this runtime can be restarted without the
  /// CRI's knowledge, as Docker's can; std::nullopt if that is unknown.
  std::optional<bool> can_restart() const;
  void set_can_restart(std::uint64_t runtime, bool can_restart);

 private:
  /// The socket file's device, inode and change time.
  using Identity =
      std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t>;

  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  // All members below are guarded by mutex_.
  std::uint64_t runtime_ = 0;
  std::optional<Identity> identity_;
  std::optional<bool> can_restart_;
  std::unordered_map<std::string, Remembered> by_id_;
};

/// The status calls of one collection. A stuck shim must neither fail the
/// collection nor delay every collection by its whole timeout.
class StatusCalls {
 public:
  /// @param runtime From StatusMemory::Check().
  StatusCalls(const RuntimeService& service, StatusMemory& memory,
              std::uint64_t runtime, const CallLimit& limit, Budget& budget);

  /// Adds the details of each entry, or records why it lacks them, or that it
  /// is gone.
  /// @throws Error kCancelled, kInternal; BudgetError
  void AddDetails(std::vector<Entry>& entries);

 private:
  void Plan();
  ServiceCall MakeCall(std::size_t index) const;
  std::optional<ServiceCall> Next();
  bool IsSlow(const ServiceCall& call) const;
  void OnMessage(const ServiceCall& call, const std::string& message);
  void OnFailure(const ServiceCall& call, const ServiceFailure& failure);
  void AddKnown();

  const RuntimeService& service_;
  StatusMemory& memory_;
  const std::uint64_t runtime_;
  CallLimit limit_;
  Budget& budget_;
  const std::chrono::nanoseconds all_;    ///< Time limit of all calls together.
  const std::chrono::nanoseconds each_;   ///< Time limit of one call.
  const std::chrono::nanoseconds again_;  ///< The same if it timed out before.

  // The argument of AddDetails(). The vectors below have the same indexes.
  std::vector<Entry>* entries_ = nullptr;
  std::vector<Remembered> known_;
  std::vector<bool> verbose_;  ///< Whether the call is or will be verbose.
  std::deque<ServiceCall> pending_;
  /// Whether a call that timed out last time did so again. If so, no more calls
  /// of that kind start.
  bool slow_again_ = false;
};

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_STATUSES_H_
