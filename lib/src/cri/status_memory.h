// SPDX-License-Identifier: Apache-2.0
/// Remembers the results of status calls.
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
  std::size_t bytes_ = 0;
};

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_STATUS_MEMORY_H_
