// SPDX-License-Identifier: Apache-2.0

/// What the server counts. docs/metrics.md describes each metric. The only part
/// that knows prometheus-cpp.
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

  /// A call of the daemon has ended.
  /// @param call "list".
  /// @param error Why it failed; nothing if it did not.
  void CountDaemonCall(std::string_view call, std::optional<ErrorCode> error,
                       std::chrono::steady_clock::duration duration);

  /// The calls go to this container runtime: "docker" or "cri". One thread at a
  /// time may call it.
  void SetRuntime(std::string_view runtime, const std::string& endpoint);

  /// So many containers of a collection lack details.
  void CountIncomplete(std::size_t containers);

  /// The daemon has responded just now, with a list.
  /// @param bytes Of the list as JSON.
  void CollectionSucceeded(std::size_t containers, std::size_t bytes);

  /// So many requests share a call of the daemon.
  void ObserveBatch(std::size_t requests);

  void SetPending(std::size_t requests);
  void SetPendingLimit(std::size_t requests);

  /// Call once for each listener, before SetLoad().
  void AddListener(Listener listener, std::size_t max_connections,
                   std::size_t max_in_flight_bytes);

  void SetLoad(Listener listener, std::size_t connections,
               std::size_t in_flight_bytes) noexcept;

  /// A client got no TLS connection.
  void CountTlsFailure(std::string_view reason);

  /// The certificates have been read, at the start or again.
  /// @param expiry When the server's own is valid no more.
  void CertificatesLoaded(std::chrono::system_clock::time_point expiry);

  /// The certificates have been read again and cannot be used.
  void CertificatesNotLoaded();

  /// All of it in Prometheus' text format, with what the process uses now.
  std::string ToText() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_METRICS_H_
