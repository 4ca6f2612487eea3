// SPDX-License-Identifier: Apache-2.0

/// What the server asks the Docker daemon.
#ifndef CONTAINERCOLLECTOR_SERVER_COLLECT_COLLECTOR_H_
#define CONTAINERCOLLECTOR_SERVER_COLLECT_COLLECTOR_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "containercollector/client_options.h"
#include "containercollector/processor.h"
#include "server/answer.h"
#include "server/metrics.h"

namespace containercollector::server {

struct CollectorOptions {
  ClientOptions docker;
  std::size_t max_answer_bytes = 0;  ///< 0: no limit.
  /// How long the daemon may take for a ping.
  std::chrono::milliseconds ready_timeout = std::chrono::seconds(2);
};

/// Logs a failure when it begins, when it becomes another, and when it ends.
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

/// Asks the daemon and counts, measures and logs how that went. Thread-safe.
class Collector {
 public:
  Collector(const CollectorOptions& options, Metrics& metrics);

  /// The answer to `POST /processor/containercollector`.
  Answer Collect(const ListOptions& options);

  /// 200 where the daemon answers, else 503.
  Answer Ping();

 private:
  Answer ShareWithLast(Answer answer);

  const std::size_t max_answer_bytes_;
  const Processor processor_;
  const Client ping_client_;
  Metrics& metrics_;
  std::mutex mutex_;
  std::weak_ptr<const Response> last_answer_;  // Guarded by mutex_.
  FailureLog list_failures_{"list"};
  FailureLog ping_failures_{"ping"};
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_COLLECT_COLLECTOR_H_
