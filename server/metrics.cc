// SPDX-License-Identifier: Apache-2.0

#include "server/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

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

using prometheus::Histogram;

Histogram::BucketBoundaries BucketsOf(Metric::Kind kind) {
  if (kind == Metric::kDuration)
    return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60};
  return {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
}

/// Returns the series with these labels, which is 0 if it is new.
template <typename Series, typename... Arguments>
Series& SeriesOf(prometheus::Registry& registry, const Metric& metric,
                 MetricLabels labels, const Arguments&... arguments) {
  return prometheus::detail::Builder<Series>()
      .Name(metric.name)
      .Help(metric.help)
      .Register(registry)
      .Add({labels.begin(), labels.end()}, arguments...);
}

}  // namespace

Metrics::Metrics() : registry_(std::make_unique<prometheus::Registry>()) {
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
  using prometheus::Counter;
  using prometheus::Gauge;
  try {
    switch (metric.kind) {
      case Metric::kCounter:
        return SeriesOf<Counter>(*registry_, metric, labels).Increment(value);
      case Metric::kTotal: {
        auto& counter = SeriesOf<Counter>(*registry_, metric, labels);
        return counter.Increment(value - counter.Value());
      }
      case Metric::kGauge:
        return SeriesOf<Gauge>(*registry_, metric, labels).Set(value);
      case Metric::kDuration:
      case Metric::kSize:
        return SeriesOf<Histogram>(*registry_, metric, labels,
                                   BucketsOf(metric.kind))
            .Observe(value);
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
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

}  // namespace containercollector::server
