// SPDX-License-Identifier: Apache-2.0

/// What the server asks the node's container runtime.
#ifndef CONTAINERCOLLECTOR_SERVER_COLLECT_COLLECTOR_H_
#define CONTAINERCOLLECTOR_SERVER_COLLECT_COLLECTOR_H_

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "containercollector/processor.h"
#include "containercollector/runtime_options.h"
#include "server/collect/collection.h"
#include "server/collect/runtimes.h"
#include "server/metrics.h"

namespace containercollector::server {

/// Logs a failure when it begins, when its kind changes, and when it ends.
/// Thread-safe.
class FailureLog {
 public:
  /// @param call What failed, for the log.
  explicit FailureLog(std::string_view call) : call_(call) {}

  void Failed(ErrorCode code, const std::string& text);
  void Succeeded();

 private:
  const std::string call_;
  std::mutex mutex_;
  std::optional<std::string> failure_;
};

/// Asks the container runtime; counts, measures and logs each call.
/// Thread-safe.
class Collector {
 public:
  Collector(const RuntimeOptions& options, Metrics& metrics);

  /// Returns the containers of this node, or why they could not be collected.
  CollectionPtr Collect(const ListOptions& options);

  /// Asks for one container, because only that shows that a collection would
  /// succeed: a ping does not depend on the API version. Returns an empty
  /// collection, or one with the error.
  CollectionPtr CheckReady();

 private:
  std::shared_ptr<const std::string> ShareWithLast(
      std::shared_ptr<const std::string> json);

  /// Returns the runtime to ask now, as Runtimes::Choose().
  const Runtime* ChooseRuntime();
  CollectionPtr NoRuntime(std::string_view call, FailureLog& failures);

  Runtimes runtimes_;
  Metrics& metrics_;
  std::mutex mutex_;
  std::weak_ptr<const std::string> last_json_;  // Guarded by mutex_.
  FailureLog list_failures_{"list"};
  FailureLog ready_failures_{"ready"};
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_COLLECT_COLLECTOR_H_
