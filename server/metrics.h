// SPDX-License-Identifier: Apache-2.0

/// The server's metrics, which docs/metrics.md describes. The only part that
/// uses prometheus-cpp.
#ifndef CONTAINERCOLLECTOR_SERVER_METRICS_H_
#define CONTAINERCOLLECTOR_SERVER_METRICS_H_

#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace prometheus {
class Registry;
}

namespace containercollector::server {

struct Metric {
  /// What Metrics::Record() does with a value.
  enum Kind {
    kCounter,   ///< Adds it.
    kTotal,     ///< Stores it. For what is counted elsewhere.
    kGauge,     ///< Stores it.
    kDuration,  ///< Adds it to a histogram of seconds.
    kSize,      ///< Adds it to a histogram of batch sizes.
  };

  const char* name;
  const char* help;
  Kind kind = kGauge;
};

// Times are in seconds since 1970-01-01 UTC.

inline constexpr Metric kBuildInfo{"containercollector_build_info",
                                   "Always 1; the label is the version."};
inline constexpr Metric kRuntime{
    "containercollector_runtime",
    "1 for the runtime that is queried, 0 for earlier ones."};
inline constexpr Metric kRuntimeChanges{
    "containercollector_runtime_changes_total",
    "How often a different runtime was chosen.", Metric::kCounter};
inline constexpr Metric kIncompleteContainers{
    "containercollector_incomplete_containers_total",
    "Containers that lacked details in a collection.", Metric::kCounter};
inline constexpr Metric kRequests{
    "containercollector_requests_total",
    "Completed requests, by route and HTTP status.", Metric::kCounter};
inline constexpr Metric kRequestDuration{
    "containercollector_request_duration_seconds",
    "Time from the first line of a request to the end of its response.",
    Metric::kDuration};
inline constexpr Metric kPending{"containercollector_requests_pending",
                                 "Requests that are pending now."};
inline constexpr Metric kPendingLimit{
    "containercollector_requests_pending_limit",
    "Maximum number of pending requests (--max-waiting)."};
inline constexpr Metric kBatchSize{
    "containercollector_batch_size",
    "Number of requests that shared one runtime call.", Metric::kSize};
inline constexpr Metric kRuntimeCalls{
    "containercollector_daemon_calls_total",
    "Runtime calls, by what was queried and by the result.", Metric::kCounter};
inline constexpr Metric kRuntimeCallDuration{
    "containercollector_daemon_call_duration_seconds",
    "Duration of runtime calls.", Metric::kDuration};
inline constexpr Metric kLastContainers{
    "containercollector_last_response_containers",
    "Number of containers in the runtime's last list."};
inline constexpr Metric kLastBytes{"containercollector_last_response_bytes",
                                   "Size of that list as JSON."};
inline constexpr Metric kLastSuccess{
    "containercollector_last_successful_collection_timestamp_seconds",
    "Time of the last successful collection."};
inline constexpr Metric kConnections{"containercollector_connections",
                                     "Open connections, by listener."};
inline constexpr Metric kConnectionsLimit{
    "containercollector_connections_limit",
    "Maximum number of open connections, by listener."};
inline constexpr Metric kInFlightBytes{
    "containercollector_in_flight_bytes",
    "Memory used by responses that are being sent, by listener."};
inline constexpr Metric kInFlightLimit{
    "containercollector_in_flight_limit_bytes",
    "Limit on that memory (--max-in-flight-bytes), by listener."};
inline constexpr Metric kTlsFailures{"containercollector_tls_failures_total",
                                     "Failed TLS handshakes, by reason.",
                                     Metric::kCounter};
inline constexpr Metric kCertificateExpiry{
    "containercollector_certificate_expiry_timestamp_seconds",
    "Expiry time of the certificate."};
inline constexpr Metric kReloadSuccessful{
    "containercollector_certificate_last_reload_successful",
    "1 if the TLS files were valid when they were last read, else 0."};
inline constexpr Metric kReloadTime{
    "containercollector_certificate_last_reload_timestamp_seconds",
    "Time when the TLS files were last read."};

/// Converts a duration of any unit.
inline double Seconds(std::chrono::duration<double> duration) {
  return duration.count();
}

/// Returns the time in seconds since 1970-01-01 UTC.
inline double UnixTime(std::chrono::system_clock::time_point time =
                           std::chrono::system_clock::now()) {
  return Seconds(time.time_since_epoch());
}

/// Names and values.
using MetricLabels =
    std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// The values of all metrics. Thread-safe.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// Records a value of the series that has these labels, as the kind of metric
  /// requires. The value is lost if there is no memory for a new series.
  /// @param labels Sorted by name, with few values each: not a caller's text.
  template <typename Number>
  void Record(const Metric& metric, Number value,
              MetricLabels labels = {}) noexcept {
    RecordValue(metric, static_cast<double>(value), labels);
  }

  /// Returns all metrics in Prometheus' text format, including the current
  /// resource usage of the process.
  std::string ToText();

 private:
  void RecordValue(const Metric& metric, double value,
                   MetricLabels labels) noexcept;
  void RecordProcess();

  const std::unique_ptr<prometheus::Registry> registry_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_METRICS_H_
