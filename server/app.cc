// SPDX-License-Identifier: Apache-2.0
#include "server/app.h"

#include <cstddef>
#include <exception>
#include <utility>
#include <vector>

#include "containercollector/container_runtime.h"
#include "server/collect/collector.h"
#include "server/log.h"
#include "server/process.h"
#include "server/request_log.h"

namespace containercollector::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// How much longer than its timeout a runtime call may take to return.
constexpr milliseconds kCallSlack{1000};

/// Concurrent calls with list options other than the defaults, for which one
/// more call is reserved.
constexpr std::size_t kMaxRuntimeCalls = 4;

/// Connections of the metrics listener.
constexpr std::size_t kMaxMetricsConnections = 64;

/// How long the last responses may take to be sent during a shutdown.
constexpr milliseconds kLastResponses{900};

void RecordReload(Metrics& metrics, const Tls& tls, bool successful) {
  metrics.Record(kCertificateExpiry, UnixTime(tls.Expiry()));
  metrics.Record(kReloadSuccessful, successful ? 1 : 0);
  metrics.Record(kReloadTime, UnixTime());
}

}  // namespace

App::App(const Options& options)
    : max_call_(std::chrono::ceil<milliseconds>(options.runtime.timeout) +
                kCallSlack),
      tls_(options.tls.enabled() ? std::make_shared<Tls>(options.tls)
                                 : nullptr),
      collections_(MakeCollector(MakeRuntime(options.runtime), metrics_),
                   kMaxRuntimeCalls, options.max_waiting, ListOptions{}),
      routes_(MakeRoutes(
          {collections_, metrics_, max_call_, options.answer_limits})) {
  std::vector<ListenSocket> sockets;
  for (const int fd : TakeSystemdSockets()) sockets.emplace_back(fd);
  if (sockets.empty()) sockets.emplace_back(options.bind_address, options.port);
  if (sockets.size() == 1 && options.has_metrics_listener)
    sockets.emplace_back(options.metrics_bind_address, options.metrics_port);
  AllowConnections(options.http.max_connections +
                   (sockets.size() > 1 ? kMaxMetricsConnections : 0));
  metrics_.Record(kPendingLimit, options.max_waiting);
  if (tls_ != nullptr) RecordReload(metrics_, *tls_, true);
  HttpOptions http = options.http;
  http.headers.assign(kTraceHeaders.begin(), kTraceHeaders.end());
  http.tls = tls_;
  url_ = Listen(std::move(sockets[0]), http, "main", *routes_.main);
  if (sockets.size() > 1) {
    http.max_connections = kMaxMetricsConnections;
    http.check_host = false;
    metrics_url_ =
        Listen(std::move(sockets[1]), http, "metrics", *routes_.metrics);
  }
  // For its log lines alone: which runtime is queried, or why that fails.
  collections_.Join({}, {[](const BatchResult&) {}, [] { return false; }});
}

std::string App::Listen(ListenSocket socket, const HttpOptions& http,
                        std::string_view name, HttpHandler& routes) {
  const MetricLabels labels = {{"listener", name}};
  metrics_.Record(kConnectionsLimit, http.max_connections, labels);
  metrics_.Record(kInFlightLimit, http.max_in_flight_bytes, labels);
  routes.Sweep(0, 0);
  std::string url =
      (http.tls == nullptr ? "http://" : "https://") + socket.endpoint();
  servers_.emplace_back(std::move(socket), http, routes);
  return url;
}

void App::ReloadCertificates() {
  if (tls_ == nullptr) return;
  try {
    tls_->Reload();
    RecordReload(metrics_, *tls_, true);
    // A client whose CA was removed keeps no connection.
    for (HttpServer& server : servers_) server.RenewConnections();
    Log(LogLevel::kInfo, "certificates reloaded");
  } catch (const std::exception& error) {
    RecordReload(metrics_, *tls_, false);
    Log(LogLevel::kError, "certificates not reloaded, the old ones stay",
        {{"error", error.what()}});
  }
}

void App::Shutdown() {
  servers_.front().StopAccepting();
  // Each running call ends within the timeout, as does the one after it.
  collections_.Shutdown(max_call_);
  const auto deadline = steady_clock::now() + kLastResponses;
  for (HttpServer& server : servers_) server.Shutdown(deadline);
}

}  // namespace containercollector::server
