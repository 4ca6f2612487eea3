// SPDX-License-Identifier: Apache-2.0

/// The details of containers and sandboxes, from memory or by status calls.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_STATUSES_H_
#define CONTAINERCOLLECTOR_SRC_CRI_STATUSES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/src/cri/containers.h"
#include "lib/src/cri/runtime_service.h"

namespace containercollector::internal::cri {

/// What is remembered about a container or sandbox.
struct Remembered {
  std::shared_ptr<const Details> details;  ///< Null if no call succeeded.
  /// Whether a verbose call succeeded, or failed for good.
  bool verbose_done = false;
  int timeouts = 0;  ///< How many status calls in a row timed out.
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
  /// @return A number that identifies this runtime.
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
  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  // All members below are guarded by mutex_.
  std::uint64_t runtime_ = 0;
  std::optional<FileIdentity> socket_;
  std::optional<bool> can_restart_;
  std::unordered_map<std::string, Remembered> by_id_;
};

/// Adds the details of each entry, or records why it lacks them, or that it is
/// gone. A stuck shim neither fails the collection nor delays every collection
/// by its whole timeout.
/// @param runtime From StatusMemory::Check().
/// @param limit Of the status calls of one collection, all together.
/// @throws Error kCancelled, kInternal; BudgetError
void AddStatuses(const RuntimeService& service, StatusMemory& memory,
                 std::uint64_t runtime, const CallLimit& limit, Budget& budget,
                 std::vector<Entry>& entries);

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_STATUSES_H_
