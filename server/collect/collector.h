// SPDX-License-Identifier: Apache-2.0

/// Collections from the node's container runtime.
#ifndef CONTAINERCOLLECTOR_SERVER_COLLECT_COLLECTOR_H_
#define CONTAINERCOLLECTOR_SERVER_COLLECT_COLLECTOR_H_

#include <memory>

#include "containercollector/container_runtime.h"
#include "server/collect/batcher.h"
#include "server/metrics.h"

namespace containercollector::server {

/// Returns a function that calls the runtime, and that counts, measures and
/// logs each call. Thread-safe.
/// @param runtime Not null.
/// @param metrics Must outlive the function.
Batcher<ListOptions>::Call MakeCollector(
    std::unique_ptr<const ContainerRuntime> runtime, Metrics& metrics);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_COLLECT_COLLECTOR_H_
