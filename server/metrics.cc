// SPDX-License-Identifier: Apache-2.0

#include "server/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <iterator>
#include <map>
#include <utility>

#include "containercollector/version.h"
#include "server/metrics_process.h"

namespace containercollector::server {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;
using Gauges = prometheus::Family<prometheus::Gauge>;
using Labels = std::map<std::string, std::string>;

constexpr std::array kErrorCodes = {
    ErrorCode::kInvalidArgument,   ErrorCode::kCannotConnect,
    ErrorCode::kPermissionDenied,  ErrorCode::kTlsFailed,
    ErrorCode::kTimeout,           ErrorCode::kCancelled,
    ErrorCode::kResponseTruncated, ErrorCode::kResponseMalformed,
    ErrorCode::kResponseTooLarge,  ErrorCode::kRequestRejected,
    ErrorCode::kDaemonError,       ErrorCode::kInternal};

constexpr std::array<std::string_view, 1> kCalls = {"list"};

constexpr std::array<std::string_view, 3> kTlsFailures = {
    "handshake", "no_certificate", "untrusted"};

/// Of daemon calls, and of requests, which wait for two of them at most.
Buckets Seconds() {
  return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60};
}
Buckets BatchSizes() { return {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}; }

template <typename Builder>
auto& AddFamily(Builder builder, const char* name, const char* help,
                prometheus::Registry& registry) {
  return builder.Name(name).Help(help).Register(registry);
}

Gauges& AddGauges(const char* name, const char* help,
                  prometheus::Registry& registry) {
  return AddFamily(prometheus::BuildGauge(), name, help, registry);
}

double SecondsOf(std::chrono::system_clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

double SecondsOf(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

class Metrics::Impl {
 public:
  Impl() {
    // The rate of a failure that has not happened yet is 0, not unknown.
    for (const std::string_view call : kCalls) {
      daemon_calls.Add(CallLabels(call, std::nullopt));
      for (const ErrorCode code : kErrorCodes)
        daemon_calls.Add(CallLabels(call, code));
    }
    for (const std::string_view reason : kTlsFailures)
      tls_failures.Add({{"reason", std::string(reason)}});
    AddGauges("containercollector_build_info",
              "Always 1; the version is in the label.", registry)
        .Add({{"version", std::string(kLibraryVersion)}})
        .Set(1);
    AddGauges("process_start_time_seconds",
              "When the server started, in seconds since 1970-01-01 UTC.",
              registry)
        .Add({})
        .Set(SecondsOf(std::chrono::system_clock::now()));
  }

  static Labels CallLabels(std::string_view call,
                           std::optional<ErrorCode> error) {
    return {{"call", std::string(call)},
            {"result", error ? std::string(ToString(*error)) : "ok"}};
  }

  void SetReload(bool successful) {
    reload_successful.Add({}).Set(successful ? 1 : 0);
    reload_time.Add({}).Set(SecondsOf(std::chrono::system_clock::now()));
  }

  struct ListenerGauges {
    prometheus::Gauge* connections = nullptr;
    prometheus::Gauge* in_flight_bytes = nullptr;
  };

  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests = AddFamily(
      prometheus::BuildCounter(), "containercollector_requests_total",
      "Requests that came to their end, by route and HTTP status.", registry);
  prometheus::Family<prometheus::Histogram>& request_seconds = AddFamily(
      prometheus::BuildHistogram(),
      "containercollector_request_duration_seconds",
      "From the first line of a request to the end of its response.", registry);
  prometheus::Gauge& pending =
      AddGauges("containercollector_requests_pending",
                "Requests that wait for a collection now.", registry)
          .Add({});
  prometheus::Gauge& pending_limit =
      AddGauges("containercollector_requests_pending_limit",
                "How many may wait (--max-waiting).", registry)
          .Add({});
  prometheus::Histogram& batch_size =
      AddFamily(prometheus::BuildHistogram(), "containercollector_batch_size",
                "Requests that shared one call of the container runtime.",
                registry)
          .Add({}, BatchSizes());
  prometheus::Family<prometheus::Counter>& daemon_calls = AddFamily(
      prometheus::BuildCounter(), "containercollector_daemon_calls_total",
      "Calls of the container runtime, by what was asked and how it ended.",
      registry);
  prometheus::Family<prometheus::Histogram>& call_seconds =
      AddFamily(prometheus::BuildHistogram(),
                "containercollector_daemon_call_duration_seconds",
                "How long calls of the container runtime took.", registry);
  prometheus::Family<prometheus::Gauge>& runtime =
      AddFamily(prometheus::BuildGauge(), "containercollector_runtime",
                "1 for the container runtime that is asked, else 0.", registry);
  prometheus::Gauge* asked_runtime = nullptr;
  prometheus::Counter& runtime_changes =
      AddFamily(prometheus::BuildCounter(),
                "containercollector_runtime_changes_total",
                "How often another container runtime was chosen.", registry)
          .Add({});
  prometheus::Counter& incomplete =
      AddFamily(prometheus::BuildCounter(),
                "containercollector_incomplete_containers_total",
                "Containers in collections that lacked details.", registry)
          .Add({});
  prometheus::Gauge& last_containers =
      AddGauges("containercollector_last_response_containers",
                "Containers in the last response of the container runtime.",
                registry)
          .Add({});
  prometheus::Gauge& last_bytes =
      AddGauges("containercollector_last_response_bytes",
                "Bytes that they make as JSON.", registry)
          .Add({});
  // A time that is not known has no series: 0 would be 1970.
  Gauges& last_success = AddGauges(
      "containercollector_last_successful_collection_timestamp_seconds",
      "When a collection last succeeded, in seconds since 1970-01-01 UTC.",
      registry);
  Gauges& connections = AddGauges("containercollector_connections",
                                  "Open connections, by listener.", registry);
  Gauges& connections_limit =
      AddGauges("containercollector_connections_limit",
                "How many may be open, by listener.", registry);
  Gauges& in_flight = AddGauges(
      "containercollector_in_flight_bytes",
      "Memory of responses that are being sent, by listener.", registry);
  Gauges& in_flight_limit = AddGauges(
      "containercollector_in_flight_limit_bytes",
      "How much that may be (--max-in-flight-bytes), by listener.", registry);
  prometheus::Family<prometheus::Counter>& tls_failures = AddFamily(
      prometheus::BuildCounter(), "containercollector_tls_failures_total",
      "Clients that got no TLS connection, by reason.", registry);
  Gauges& certificate_expiry =
      AddGauges("containercollector_certificate_expiry_timestamp_seconds",
                "When the server's certificate expires, in seconds since "
                "1970-01-01 UTC.",
                registry);
  Gauges& reload_successful =
      AddGauges("containercollector_certificate_last_reload_successful",
                "Whether the certificates could be read the last time: 1 or 0.",
                registry);
  Gauges& reload_time =
      AddGauges("containercollector_certificate_last_reload_timestamp_seconds",
                "When that was, in seconds since 1970-01-01 UTC.", registry);
  std::array<ListenerGauges, 2> listeners{};
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::CountRequest(std::string_view route, int status,
                           std::chrono::steady_clock::duration duration) {
  Labels labels{{"route", std::string(route)}};
  impl_->request_seconds.Add(labels, Seconds()).Observe(SecondsOf(duration));
  labels.emplace("status", std::to_string(status));
  impl_->requests.Add(labels).Increment();
}

void Metrics::CountDaemonCall(std::string_view call,
                              std::optional<ErrorCode> error,
                              std::chrono::steady_clock::duration duration) {
  impl_->daemon_calls.Add(Impl::CallLabels(call, error)).Increment();
  impl_->call_seconds.Add({{"call", std::string(call)}}, Seconds())
      .Observe(SecondsOf(duration));
}

void Metrics::SetRuntime(std::string_view runtime,
                         const std::string& endpoint) {
  auto& gauge = impl_->runtime.Add(
      {{"runtime", std::string(runtime)}, {"endpoint", endpoint}});
  if (auto* const last = std::exchange(impl_->asked_runtime, &gauge)) {
    last->Set(0);
    impl_->runtime_changes.Increment();
  }
  gauge.Set(1);
}

void Metrics::CountIncomplete(std::size_t containers) {
  impl_->incomplete.Increment(static_cast<double>(containers));
}

void Metrics::CollectionSucceeded(std::size_t containers, std::size_t bytes) {
  impl_->last_containers.Set(static_cast<double>(containers));
  impl_->last_bytes.Set(static_cast<double>(bytes));
  impl_->last_success.Add({}).Set(SecondsOf(std::chrono::system_clock::now()));
}

void Metrics::ObserveBatch(std::size_t requests) {
  impl_->batch_size.Observe(static_cast<double>(requests));
}

void Metrics::SetPending(std::size_t requests) {
  impl_->pending.Set(static_cast<double>(requests));
}

void Metrics::SetPendingLimit(std::size_t requests) {
  impl_->pending_limit.Set(static_cast<double>(requests));
}

void Metrics::AddListener(Listener listener, std::size_t max_connections,
                          std::size_t max_in_flight_bytes) {
  const Labels labels{
      {"listener", listener == Listener::kMain ? "main" : "metrics"}};
  impl_->connections_limit.Add(labels).Set(
      static_cast<double>(max_connections));
  impl_->in_flight_limit.Add(labels).Set(
      static_cast<double>(max_in_flight_bytes));
  impl_->listeners.at(static_cast<std::size_t>(listener)) = {
      &impl_->connections.Add(labels), &impl_->in_flight.Add(labels)};
}

void Metrics::SetLoad(Listener listener, std::size_t connections,
                      std::size_t in_flight_bytes) noexcept {
  const auto& gauges = impl_->listeners[static_cast<std::size_t>(listener)];
  gauges.connections->Set(static_cast<double>(connections));
  gauges.in_flight_bytes->Set(static_cast<double>(in_flight_bytes));
}

void Metrics::CountTlsFailure(std::string_view reason) {
  impl_->tls_failures.Add({{"reason", std::string(reason)}}).Increment();
}

void Metrics::CertificatesLoaded(std::chrono::system_clock::time_point expiry) {
  impl_->certificate_expiry.Add({}).Set(SecondsOf(expiry));
  impl_->SetReload(true);
}

void Metrics::CertificatesNotLoaded() { impl_->SetReload(false); }

std::string Metrics::ToText() const {
  auto families = impl_->registry.Collect();
  auto process = CollectProcessMetrics();
  families.insert(families.end(), std::make_move_iterator(process.begin()),
                  std::make_move_iterator(process.end()));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace containercollector::server
