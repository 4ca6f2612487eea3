// SPDX-License-Identifier: Apache-2.0
#include "server/app.h"

#include <exception>
#include <utility>

#include "server/log.h"
#include "server/request_log.h"

namespace containercollector::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// How much longer than its timeout a daemon call may take to return.
constexpr milliseconds kCallSlack{1000};

/// How long the last responses may take to be sent during a shutdown.
constexpr milliseconds kLastResponses{900};

std::shared_ptr<Tls> MakeTls(const TlsFiles& files) {
  return files.enabled() ? std::make_shared<Tls>(files) : nullptr;
}

BatcherOptions CollectorBatches(const Options& options, Metrics& metrics) {
  BatcherOptions batches;
  batches.max_calls = options.max_daemon_calls;
  batches.max_pending = options.max_waiting;
  batches.on_batch = [&metrics](std::size_t requests) {
    metrics.ObserveBatch(requests);
  };
  return batches;
}

/// Nobody waits: the collector logs why the daemon is not ready.
class NoWaiter final : public Waiter {
 public:
  void Complete(const BatchResult& /*result*/) noexcept override {}
  bool Gone() const noexcept override { return false; }
};

BatcherOptions ReadinessBatches() {
  BatcherOptions batches;
  batches.max_pending = kMaxReadyWaiting;
  return batches;
}

HttpOptions MakeHttpOptions(const Options& options,
                            std::shared_ptr<const Tls> tls) {
  HttpOptions http = options.http;
  http.headers.assign(kTraceHeaders.begin(), kTraceHeaders.end());
  http.tls = std::move(tls);
  return http;
}

}  // namespace

App::App(const Options& options)
    : App(options, ListenSocket(options.bind_address, options.port)) {}

App::App(const Options& options, ListenSocket socket)
    : docker_timeout_(
          std::chrono::ceil<milliseconds>(options.collector.docker.timeout)),
      tls_(MakeTls(options.tls)),
      url_((tls_ == nullptr ? "http://" : "https://") + socket.endpoint()),
      collector_(options.collector, metrics_),
      collections_(
          [this](const ListOptions& list_options) {
            return collector_.Collect(list_options);
          },
          CollectorBatches(options, metrics_), ListOptions{}),
      readiness_([this](std::monostate) { return collector_.CheckReady(); },
                 ReadinessBatches()),
      routes_(collections_, readiness_, collector_.endpoint(), metrics_),
      http_(std::move(socket), MakeHttpOptions(options, tls_), *this) {
  readiness_.Join({}, std::make_unique<NoWaiter>());
}

App::~App() { Shutdown(); }

void App::ReloadCertificates() {
  if (tls_ == nullptr) return;
  try {
    tls_->Reload();
    Log(LogLevel::kInfo, "certificates reloaded");
  } catch (const std::exception& error) {
    Log(LogLevel::kError, "certificates not reloaded, the old ones stay",
        {{"error", std::string(error.what())}});
  }
}

void App::Shutdown() {
  if (std::exchange(shut_down_, true)) return;
  http_.StopAccepting();
  // Each running call ends within the timeout; so does the one that follows it.
  collections_.Shutdown(docker_timeout_ + kCallSlack);
  readiness_.Shutdown(milliseconds(0));
  http_.Shutdown(steady_clock::now() + kLastResponses);
}

std::optional<HttpResponse> App::Check(HttpRequest& request) {
  return routes_.Match(request);
}

void App::Handle(const HttpRequest& request, Responder responder) {
  routes_.Handle(request, std::move(responder));
}

void App::Record(const RequestRecord& record) {
  const Route* const route = record.request.route;
  metrics_.CountRequest(NameOf(route), record.status);
  // Probes and scrapes come every few seconds.
  const bool probe =
      route != nullptr && route->method == "GET" && record.status == 200;
  Log(probe ? LogLevel::kDebug : LogLevel::kInfo, "request",
      RequestLogFields(record));
}

void App::Sweep() {
  collections_.RejectWaitingSince(steady_clock::now() - docker_timeout_ -
                                  kCallSlack);
}

}  // namespace containercollector::server
