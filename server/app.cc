// SPDX-License-Identifier: Apache-2.0
#include "server/app.h"

#include <exception>
#include <utility>

#include "containercollector/container_runtime.h"
#include "server/log.h"
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

/// How long the last responses may take to be sent during a shutdown.
constexpr milliseconds kLastResponses{900};

std::shared_ptr<Tls> MakeTls(const TlsFiles& files) {
  return files.enabled() ? std::make_shared<Tls>(files) : nullptr;
}

BatcherOptions CollectorBatches(const Options& options, Metrics& metrics) {
  BatcherOptions batches;
  batches.max_calls = kMaxRuntimeCalls;
  batches.max_pending = options.max_waiting;
  batches.on_batch = [&metrics](std::size_t requests) {
    metrics.ObserveBatch(requests);
  };
  return batches;
}

/// Starts a collection for its log lines alone: which runtime is used, or why
/// it fails.
class NoWaiter final : public Waiter {
 public:
  void Complete(const BatchResult& /*result*/) noexcept override {}
  bool Gone() const noexcept override { return false; }
};

HttpOptions MakeHttpOptions(const Options& options,
                            std::shared_ptr<const Tls> tls) {
  HttpOptions http = options.http;
  http.headers.assign(kTraceHeaders.begin(), kTraceHeaders.end());
  http.tls = std::move(tls);
  return http;
}

}  // namespace

App::App(const Options& options, const std::vector<int>& sockets)
    : docker_timeout_(std::chrono::ceil<milliseconds>(options.runtime.timeout)),
      tls_(MakeTls(options.tls)),
      collector_(MakeRuntime(options.runtime), metrics_),
      collections_(
          [this](const ListOptions& list_options) {
            return collector_.Collect(list_options);
          },
          CollectorBatches(options, metrics_), ListOptions{}),
      routes_(Listener::kMain, MakeBackend(options)),
      metrics_routes_(Listener::kMetrics, MakeBackend(options)) {
  ListenSocket main = sockets.empty()
                          ? ListenSocket(options.bind_address, options.port)
                          : ListenSocket(sockets.front());
  std::optional<ListenSocket> metrics;
  if (sockets.size() > 1) {
    metrics.emplace(sockets[1]);
  } else if (options.has_metrics_listener) {
    metrics.emplace(options.metrics_bind_address, options.metrics_port);
  }
  HttpOptions http = MakeHttpOptions(options, tls_);
  url_ = UrlOf(main);
  metrics_.SetPendingLimit(options.max_waiting);
  if (tls_ != nullptr) metrics_.CertificatesLoaded(tls_->Expiry());
  metrics_.AddListener(Listener::kMain, http.max_connections,
                       http.max_in_flight_bytes);
  http_.emplace(std::move(main), http, routes_);
  if (metrics) {
    http.max_connections = kMaxMetricsConnections;
    http.check_host = false;
    metrics_url_ = UrlOf(*metrics);
    metrics_.AddListener(Listener::kMetrics, http.max_connections,
                         http.max_in_flight_bytes);
    metrics_http_.emplace(*std::move(metrics), std::move(http),
                          metrics_routes_);
  }
  collections_.Join({}, std::make_unique<NoWaiter>());
}

App::~App() { Shutdown(); }

Backend App::MakeBackend(const Options& options) {
  return {collections_, readiness_, metrics_, docker_timeout_ + kCallSlack,
          options.answer_limits};
}

std::string App::UrlOf(const ListenSocket& socket) const {
  return (tls_ == nullptr ? "http://" : "https://") + socket.endpoint();
}

void App::ReloadCertificates() {
  if (tls_ == nullptr) return;
  try {
    tls_->Reload();
    metrics_.CertificatesLoaded(tls_->Expiry());
    // A client whose CA was removed keeps no connection.
    if (http_) http_->RenewConnections();
    if (metrics_http_) metrics_http_->RenewConnections();
    Log(LogLevel::kInfo, "certificates reloaded");
  } catch (const std::exception& error) {
    metrics_.CertificatesNotLoaded();
    Log(LogLevel::kError, "certificates not reloaded, the old ones stay",
        {{"error", std::string(error.what())}});
  }
}

void App::Shutdown() {
  if (std::exchange(shut_down_, true)) return;
  if (http_) http_->StopAccepting();
  // Each running call ends within the timeout, as does the one after it.
  collections_.Shutdown(docker_timeout_ + kCallSlack);
  if (metrics_http_) metrics_http_->StopAccepting();
  const auto deadline = steady_clock::now() + kLastResponses;
  if (http_) http_->Shutdown(deadline);
  if (metrics_http_) metrics_http_->Shutdown(deadline);
}

}  // namespace containercollector::server
