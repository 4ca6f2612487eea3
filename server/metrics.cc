// SPDX-License-Identifier: Apache-2.0

#include "server/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>

#include "containercollector/version.h"

namespace containercollector::server {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;
using Labels = std::map<std::string, std::string>;

constexpr std::array kErrorCodes = {
    ErrorCode::kInvalidArgument,   ErrorCode::kCannotConnect,
    ErrorCode::kPermissionDenied,  ErrorCode::kTlsFailed,
    ErrorCode::kTimeout,           ErrorCode::kCancelled,
    ErrorCode::kResponseTruncated, ErrorCode::kResponseMalformed,
    ErrorCode::kResponseTooLarge,  ErrorCode::kRequestRejected,
    ErrorCode::kDaemonError,       ErrorCode::kInternal};

constexpr std::array<std::string_view, 2> kCalls = {"list", "ready"};

Buckets CallSeconds() {
  return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60};
}
Buckets BatchSizes() { return {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}; }

template <typename Builder>
auto& AddFamily(Builder builder, const char* name, const char* help,
                prometheus::Registry& registry) {
  return builder.Name(name).Help(help).Register(registry);
}

}  // namespace

class Metrics::Impl {
 public:
  Impl() {
    // So that a rate of a failure that has not happened yet is 0, not unknown.
    for (const std::string_view call : kCalls) {
      daemon_calls.Add(CallLabels(call, std::nullopt));
      for (const ErrorCode code : kErrorCodes)
        daemon_calls.Add(CallLabels(call, code));
    }
    AddFamily(prometheus::BuildGauge(), "containercollector_build_info",
              "Always 1; the version is in the label.", registry)
        .Add({{"version", std::string(kLibraryVersion)}})
        .Set(1);
    const std::chrono::duration<double> now =
        std::chrono::system_clock::now().time_since_epoch();
    AddFamily(prometheus::BuildGauge(), "process_start_time_seconds",
              "When the server started, in seconds since 1970-01-01 UTC.",
              registry)
        .Add({})
        .Set(now.count());
  }

  static Labels CallLabels(std::string_view call,
                           std::optional<ErrorCode> error) {
    return {{"call", std::string(call)},
            {"result", error ? std::string(ToString(*error)) : "ok"}};
  }

  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests = AddFamily(
      prometheus::BuildCounter(), "containercollector_requests_total",
      "Requests that came to their end, by route and HTTP status.", registry);
  prometheus::Family<prometheus::Counter>& daemon_calls = AddFamily(
      prometheus::BuildCounter(), "containercollector_daemon_calls_total",
      "Calls of the Docker daemon, by what was asked and how it ended.",
      registry);
  prometheus::Family<prometheus::Histogram>& call_seconds =
      AddFamily(prometheus::BuildHistogram(),
                "containercollector_daemon_call_duration_seconds",
                "How long calls of the Docker daemon took.", registry);
  prometheus::Gauge& last_containers =
      AddFamily(prometheus::BuildGauge(),
                "containercollector_last_answer_containers",
                "Containers in the last answer of the Docker daemon.", registry)
          .Add({});
  prometheus::Gauge& last_bytes =
      AddFamily(
          prometheus::BuildGauge(), "containercollector_last_answer_bytes",
          "Bytes that the last answer of the Docker daemon makes as JSON.",
          registry)
          .Add({});
  prometheus::Gauge& waiting =
      AddFamily(prometheus::BuildGauge(), "containercollector_requests_waiting",
                "Requests that wait for the Docker daemon now.", registry)
          .Add({});
  prometheus::Histogram& batch_size =
      AddFamily(prometheus::BuildHistogram(), "containercollector_batch_size",
                "Requests that shared one call of the Docker daemon.", registry)
          .Add({}, BatchSizes());
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::CountRequest(std::string_view route, int status) {
  impl_->requests
      .Add({{"route", std::string(route)}, {"status", std::to_string(status)}})
      .Increment();
}

void Metrics::CountDaemonCall(std::string_view call,
                              std::optional<ErrorCode> error,
                              std::chrono::steady_clock::duration duration) {
  impl_->daemon_calls.Add(Impl::CallLabels(call, error)).Increment();
  impl_->call_seconds.Add({{"call", std::string(call)}}, CallSeconds())
      .Observe(std::chrono::duration<double>(duration).count());
}

void Metrics::SetLastAnswer(std::size_t containers, std::size_t bytes) {
  impl_->last_containers.Set(static_cast<double>(containers));
  impl_->last_bytes.Set(static_cast<double>(bytes));
}

void Metrics::ObserveBatch(std::size_t requests) {
  impl_->batch_size.Observe(static_cast<double>(requests));
}

void Metrics::SetWaiting(std::size_t requests) {
  impl_->waiting.Set(static_cast<double>(requests));
}

std::string Metrics::ToText() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace containercollector::server
