// SPDX-License-Identifier: Apache-2.0

/// The server's metrics, which docs/metrics.md describes. The only part that
/// uses prometheus-cpp.
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

enum class Listener { kMain, kMetrics };

/// Thread-safe, except for the members whose comment says otherwise.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// @param route One of a few names, not a caller's path.
  void CountRequest(std::string_view route, int status,
                    std::chrono::steady_clock::duration duration);

  /// Counts a runtime call that has ended.
  /// @param call "list".
  /// @param error Why it failed; nothing if it succeeded.
  void CountDaemonCall(std::string_view call, std::optional<ErrorCode> error,
                       std::chrono::steady_clock::duration duration);

  /// Records which container runtime is called: "docker" or "cri". Only one
  /// thread at a time may call this.
  void SetRuntime(std::string_view runtime, const std::string& endpoint);

  /// Counts the containers of a collection that lack details.
  void CountIncomplete(std::size_t containers);

  /// Records that a collection has just succeeded.
  /// @param bytes Size of the list as JSON.
  void CollectionSucceeded(std::size_t containers, std::size_t bytes);

  /// Records how many requests share one runtime call.
  void ObserveBatch(std::size_t requests);

  void SetPending(std::size_t requests);
  void SetPendingLimit(std::size_t requests);

  /// Call once for each listener, before SetLoad().
  void AddListener(Listener listener, std::size_t max_connections,
                   std::size_t max_in_flight_bytes);

  void SetLoad(Listener listener, std::size_t connections,
               std::size_t in_flight_bytes) noexcept;

  /// Counts a failed TLS handshake.
  void CountTlsFailure(std::string_view reason);

  /// Records that the certificates were loaded, at start or by a reload.
  /// @param expiry When the server's certificate expires.
  void CertificatesLoaded(std::chrono::system_clock::time_point expiry);

  /// Records that a reload of the certificates failed.
  void CertificatesNotLoaded();

  /// Returns all metrics in Prometheus' text format, including the current
  /// resource usage of the process.
  std::string ToText() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_METRICS_H_
