// SPDX-License-Identifier: Apache-2.0
/// Remembers what status calls told.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_STATUS_MEMORY_H_
#define CONTAINERCOLLECTOR_SRC_CRI_STATUS_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "lib/src/cri/containers.h"

namespace containercollector::internal::cri {

/// What is remembered of a container or sandbox.
struct Remembered {
  /// Null if no status call succeeded.
  std::shared_ptr<const Details> details;
  /// Whether the details hold as long as the container stays in their state.
  bool is_final = false;
  /// Whether a verbose call told what it tells, or failed.
  bool verbose_done = false;
  /// How many status calls in a row took too long.
  int timeouts = 0;
};

/// A CRI container runs only once, so that its status is fixed as long as its
/// state is. This memory holds what a runtime told of the containers of its
/// last list, and nothing of a runtime that was replaced.
///
/// Thread-safe.
class StatusMemory {
 public:
  /// @param max_bytes Bound on the details that are kept.
  explicit StatusMemory(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Forgets everything if another runtime listens at the socket now.
  /// @return A number that names this runtime, for Put().
  std::uint64_t Check(const std::string& socket_path);

  /// Forgets what is not in a list of all containers and sandboxes.
  void Retain(const std::vector<Entry>& entries);

  /// Returns what is known of each entry.
  std::vector<Remembered> Get(const std::vector<Entry>& entries) const;

  /// Remembers what was learned of each entry, unless the runtime is gone.
  void Put(std::uint64_t runtime, const std::vector<Entry>& entries,
           std::vector<Remembered> learned);

  /// Whether containers of this runtime can be restarted behind the CRI's back,
  /// as Docker's can; std::nullopt if nobody has asked it.
  std::optional<bool> can_restart() const;
  void set_can_restart(std::uint64_t runtime, bool can_restart);

 private:
  /// Of the socket's file: device, inode, and when it was made.
  using Identity =
      std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t>;

  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  // All guarded by mutex_.
  std::uint64_t runtime_ = 0;
  std::optional<Identity> identity_;
  std::optional<bool> can_restart_;
  std::unordered_map<std::string, Remembered> by_id_;
  std::size_t bytes_ = 0;
};

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_STATUS_MEMORY_H_
