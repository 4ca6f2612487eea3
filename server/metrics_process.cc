// SPDX-License-Identifier: Apache-2.0

#include "server/metrics_process.h"

#include <chrono>
#include <cstdint>
#include <optional>

#include "server/log.h"
#include "server/process.h"

namespace containercollector::server {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily Counter(const char* name, const char* help, double value) {
  ClientMetric metric;
  metric.counter.value = value;
  return {name, help, MetricType::Counter, {metric}};
}

MetricFamily Gauge(const char* name, const char* help, std::uint64_t value) {
  ClientMetric metric;
  metric.gauge.value = static_cast<double>(value);
  return {name, help, MetricType::Gauge, {metric}};
}

}  // namespace

std::vector<MetricFamily> CollectProcessMetrics() {
  const ProcessUsage usage = ReadProcessUsage();
  std::vector<MetricFamily> families;
  if (usage.cpu_time) {
    families.push_back(
        Counter("process_cpu_seconds_total",
                "CPU time of all threads, in user and system mode.",
                std::chrono::duration<double>(*usage.cpu_time).count()));
  }
  const auto add = [&](const char* name, const char* help,
                       const std::optional<std::uint64_t>& value) {
    if (value) families.push_back(Gauge(name, help, *value));
  };
  add("process_resident_memory_bytes", "Memory that is in RAM.",
      usage.resident_bytes);
  add("process_virtual_memory_bytes", "Size of the address space.",
      usage.virtual_bytes);
  add("process_open_fds", "Open file descriptors.", usage.open_files);
  add("process_max_fds", "Limit of open file descriptors.",
      usage.max_open_files);
  families.push_back(
      Counter("containercollector_log_lines_dropped_total",
              "Log lines that were dropped because the reader was slow.",
              static_cast<double>(DroppedLogLines())));
  return families;
}

}  // namespace containercollector::server
