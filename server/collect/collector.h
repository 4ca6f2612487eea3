// SPDX-License-Identifier: Apache-2.0

/// Collections from the node's container runtime.
#ifndef CONTAINERCOLLECTOR_SERVER_COLLECT_COLLECTOR_H_
#define CONTAINERCOLLECTOR_SERVER_COLLECT_COLLECTOR_H_

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "containercollector/processor.h"
#include "server/collect/collection.h"
#include "server/collect/incomplete_log.h"
#include "server/metrics.h"

namespace containercollector::server {

/// Calls the container runtime, and counts, measures and logs each call.
/// Thread-safe.
class Collector {
 public:
  /// @param runtime Not null.
  Collector(std::unique_ptr<const ContainerRuntime> runtime, Metrics& metrics);

  /// Returns the containers of this node, or why they could not be collected.
  CollectionPtr Collect(const ListOptions& options);

 private:
  /// Updates the metrics and the log if the runtime has changed. Returns the
  /// text for Collection::runtime.
  std::string ShowRuntime();

  /// Logs a failure when it begins, when its kind changes, and when it ends.
  void LogFailure(const std::optional<ErrorCode>& error,
                  const std::string& text);

  void LogIncomplete(const Causes& causes, bool is_whole);

  /// Replaces a body by the previous one if they are equal, because slow
  /// clients must not each keep a copy.
  void ShareWithLast(std::shared_ptr<const std::string>& body);

  const Processor processor_;
  const bool selects_;  ///< Whether the runtime is chosen later.
  Metrics& metrics_;
  IncompleteLog incomplete_log_;

  // The last of each.
  std::mutex mutex_;
  RuntimeChoice choice_;
  std::optional<std::string> failure_;
  std::weak_ptr<const std::string> body_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_COLLECT_COLLECTOR_H_
