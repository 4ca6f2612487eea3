// SPDX-License-Identifier: Apache-2.0

/// What the server counts. The only part that knows prometheus-cpp.
#ifndef CONTAINERCOLLECTOR_SERVER_METRICS_H_
#define CONTAINERCOLLECTOR_SERVER_METRICS_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "containercollector/error.h"

namespace containercollector::server {

/// Thread-safe.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// @param route One of a few names, not a caller's path.
  void CountRequest(std::string_view route, int status);

  /// A call of the daemon has ended.
  /// @param call "list" or "ready".
  /// @param error Why it failed; nothing where it did not.
  void CountDaemonCall(std::string_view call, std::optional<ErrorCode> error,
                       std::chrono::steady_clock::duration duration);

  void SetLastAnswer(std::size_t containers, std::size_t bytes);

  /// So many requests share a call of the daemon.
  void ObserveBatch(std::size_t requests);

  void SetWaiting(std::size_t requests);

  /// All of it in Prometheus' text format.
  std::string ToText() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_METRICS_H_
