// SPDX-License-Identifier: Apache-2.0

#include "server/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "containercollector/error.h"
#include "containercollector/version.h"
#include "server/log.h"

namespace containercollector::server {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

std::vector<double> BucketsOf(Metric::Kind kind) {
  if (kind == Metric::kDuration)
    return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60};
  if (kind == Metric::kSize)
    return {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
  return {};
}

prometheus::MetricType TypeOf(Metric::Kind kind) {
  if (kind == Metric::kGauge) return prometheus::MetricType::Gauge;
  return kind == Metric::kCounter || kind == Metric::kTotal
             ? prometheus::MetricType::Counter
             : prometheus::MetricType::Histogram;
}

/// Returns the series, which is 0 if it is new.
ClientMetric& SeriesOf(std::vector<MetricFamily>& families,
                       const Metric& metric, MetricLabels labels) {
  auto family =
      std::find_if(families.begin(), families.end(),
                   [&](const auto& each) { return each.name == metric.name; });
  if (family == families.end()) {
    family = families.insert(
        family, {metric.name, metric.help, TypeOf(metric.kind), {}});
  }
  ClientMetric series;
  for (const auto& [name, value] : labels)
    series.label.push_back({std::string(name), std::string(value)});
  const auto found = std::find_if(
      family->metric.begin(), family->metric.end(),
      [&](const auto& each) { return each.label == series.label; });
  if (found != family->metric.end()) return *found;
  for (const double bound : BucketsOf(metric.kind))
    series.histogram.bucket.push_back({0, bound});
  return family->metric.emplace_back(std::move(series));
}

}  // namespace

Metrics::Metrics() {
  // The rate of what has not happened yet is 0, not unknown.
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    Record(
        kRuntimeCalls, 0,
        {{"call", "list"}, {"result", ToString(static_cast<ErrorCode>(code))}});
  }
  Record(kRuntimeCalls, 0, {{"call", "list"}, {"result", "ok"}});
  for (const char* reason : {"handshake", "no_certificate", "untrusted"})
    Record(kTlsFailures, 0, {{"reason", reason}});
  for (const Metric& metric : {kRuntimeChanges, kIncompleteContainers, kPending,
                               kLastContainers, kLastBytes}) {
    Record(metric, 0);
  }
  Record(kBuildInfo, 1, {{"version", kLibraryVersion}});
  Record({"process_start_time_seconds", "Time when the server started."},
         UnixTime());
}

Metrics::~Metrics() = default;

void Metrics::RecordValue(const Metric& metric, double value,
                          MetricLabels labels) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    ClientMetric& series = SeriesOf(families_, metric, labels);
    switch (metric.kind) {
      case Metric::kCounter:
        series.counter.value += value;
        return;
      case Metric::kTotal:
        series.counter.value = value;
        return;
      case Metric::kGauge:
        series.gauge.value = value;
        return;
      case Metric::kDuration:
      case Metric::kSize:
        ++series.histogram.sample_count;
        series.histogram.sample_sum += value;
        for (auto& bucket : series.histogram.bucket)
          if (value <= bucket.upper_bound) ++bucket.cumulative_count;
    }
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    // A server without memory for a metric still serves.
  }
}

/// Records what the kernel reports; it may not have /proc. The names are those
/// of Prometheus' own client libraries.
void Metrics::RecordProcess() {
  timespec cpu{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0) {
    Record({"process_cpu_seconds_total", "CPU time of all threads.",
            Metric::kTotal},
           Seconds(std::chrono::seconds(cpu.tv_sec) +
                   std::chrono::nanoseconds(cpu.tv_nsec)));
  }
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  double virtual_pages = 0;
  double resident_pages = 0;
  if (std::ifstream("/proc/self/statm") >> virtual_pages >> resident_pages) {
    Record({"process_virtual_memory_bytes", "Size of the address space."},
           virtual_pages * page);
    Record({"process_resident_memory_bytes", "Resident memory."},
           resident_pages * page);
  }
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (!error) {
    // Not counting the one that reads the directory.
    Record({"process_open_fds", "Open file descriptors."},
           std::distance(begin(files), end(files)) - 1);
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    Record({"process_max_fds", "Limit on open file descriptors."},
           limit.rlim_cur);
  }
}

std::string Metrics::ToText() {
  Record({"containercollector_log_lines_dropped_total",
          "Log lines dropped because the reader of stderr was slow.",
          Metric::kTotal},
         DroppedLogLines());
  RecordProcess();
  const std::lock_guard lock(mutex_);
  return prometheus::TextSerializer().Serialize(families_);
}

}  // namespace containercollector::server
