// SPDX-License-Identifier: Apache-2.0

/// What the server serves at which path.
#ifndef CONTAINERCOLLECTOR_SERVER_ROUTES_H_
#define CONTAINERCOLLECTOR_SERVER_ROUTES_H_

#include <chrono>
#include <cstddef>
#include <memory>

#include "containercollector/list_options.h"
#include "server/collect/batcher.h"
#include "server/http/http_server.h"
#include "server/metrics.h"

namespace containercollector::server {

/// Largest bodies with containers; 0: no limit. Every KubeDiag can store the
/// defaults: its agent rejects responses over 2,097,152 bytes, and etcd stores
/// 1.5 MiB of a resource.
struct AnswerLimits {
  std::size_t array_bytes = 1'048'576;
  std::size_t object_bytes = 1'500'000;
};

/// What the routes use. Must outlive the last response.
struct Backend {
  Batcher<ListOptions>& collections;
  Metrics& metrics;
  /// How long a batch may wait for its call.
  std::chrono::steady_clock::duration max_wait;
  AnswerLimits limits;
};

/// Returns the routes of the main listener, or of the metrics listener, which
/// has fewer.
struct Handlers {
  std::unique_ptr<HttpHandler> main;
  std::unique_ptr<HttpHandler> metrics;
};

Handlers MakeRoutes(const Backend& backend);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_ROUTES_H_
