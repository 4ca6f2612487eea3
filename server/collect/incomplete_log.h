// SPDX-License-Identifier: Apache-2.0

/// Decides what to log about containers that lack details.
#ifndef CONTAINERCOLLECTOR_SERVER_COLLECT_INCOMPLETE_LOG_H_
#define CONTAINERCOLLECTOR_SERVER_COLLECT_INCOMPLETE_LOG_H_

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace containercollector::server {

/// Why some containers of a collection lack details.
struct Cause {
  std::string error;  ///< That of the first container.
  std::size_t containers = 0;
};

/// The causes of one collection, by error text without its numbers.
using Causes = std::map<std::string, Cause>;

/// Adds a container. Errors that differ only in IDs and other numbers have the
/// same cause. Ignores further causes once there are many.
void AddCause(const std::string& error, Causes& causes);

/// Remembers which causes have been logged. Thread-safe.
class IncompleteLog {
 public:
  struct Changes {
    std::vector<Cause> begun;
    bool all_ended = false;  ///< No container lacks details any more.
  };

  /// Returns what to log after a collection.
  /// @param is_whole Whether the collection was of all containers. Others do
  /// not show that a cause has ended.
  Changes Update(const Causes& causes, bool is_whole);

 private:
  std::mutex mutex_;
  std::set<std::string> known_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_COLLECT_INCOMPLETE_LOG_H_
