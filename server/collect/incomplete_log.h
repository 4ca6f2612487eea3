// SPDX-License-Identifier: Apache-2.0

/// Why containers lack details, in the log.
#ifndef CONTAINERCOLLECTOR_SERVER_COLLECT_INCOMPLETE_LOG_H_
#define CONTAINERCOLLECTOR_SERVER_COLLECT_INCOMPLETE_LOG_H_

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/log.h"

namespace containercollector::server {

/// Groups the texts of one collection: those that differ only in IDs and other
/// numbers have the same cause. Bounded.
class Causes {
 public:
  void Add(const std::string& text);

 private:
  friend class IncompleteLog;

  struct Cause {
    std::string first_text;
    std::size_t containers = 0;
  };
  std::map<std::string, Cause> causes_;  ///< By the text without numbers.
};

struct LogLine {
  LogLevel level;
  std::string_view message;
  LogFields fields;
};

/// Decides what to log: a cause when it begins, and when no container lacks
/// details any more, not at each collection. Thread-safe.
class IncompleteLog {
 public:
  /// Returns the lines for a collection.
  /// @param is_whole Whether it was of all containers. Others do not show that
  /// a cause has ended.
  std::vector<LogLine> Lines(const Causes& causes, bool is_whole);

 private:
  std::mutex mutex_;
  std::set<std::string> known_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_COLLECT_INCOMPLETE_LOG_H_
