// SPDX-License-Identifier: Apache-2.0

/// Metrics of the process, by the names that Prometheus' own libraries use.
#ifndef CONTAINERCOLLECTOR_SERVER_METRICS_PROCESS_H_
#define CONTAINERCOLLECTOR_SERVER_METRICS_PROCESS_H_

#include <prometheus/metric_family.h>

#include <vector>

namespace containercollector::server {

/// Returns the current values. A value that the kernel does not provide is
/// omitted rather than 0.
std::vector<prometheus::MetricFamily> CollectProcessMetrics();

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_METRICS_PROCESS_H_
