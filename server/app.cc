// SPDX-License-Identifier: Apache-2.0

#include "server/app.h"

#include <chrono>
#include <exception>
#include <utility>
#include <variant>

#include "server/collect/batcher.h"
#include "server/collect/collector.h"
#include "server/http/http_server.h"
#include "server/http/listen_socket.h"
#include "server/http/tls.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/request_log.h"
#include "server/routes.h"
#include "server/ticker.h"

namespace containercollector::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// How exact the deadlines of slow connections and of waiting requests are.
constexpr milliseconds kTick{250};

/// A call that takes all the time it may ends a little later. Those who wait
/// for the next one wait that long too.
constexpr milliseconds kCallSlack{1000};

/// During a shutdown, batches may begin their call for this long. What is not
/// answered when the daemon's time and this rest is over is not waited for.
constexpr milliseconds kShutdownGrace{400};
constexpr milliseconds kShutdownRest{900};

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

class Server::Impl {
 public:
  explicit Impl(const Options& options)
      : Impl(options, ListenSocket(options.bind_address, options.port)) {}
  ~Impl() { Shutdown(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  const std::string& url() const noexcept { return url_; }

  void ReloadCertificates() {
    if (tls_ == nullptr) return;
    try {
      tls_->Reload();
      Log(LogLevel::kInfo, "certificates reloaded");
    } catch (const std::exception& error) {
      Log(LogLevel::kError, "certificates not reloaded, the old ones stay",
          {{"error", std::string(error.what())}});
    }
  }

  void Shutdown() {
    if (std::exchange(shut_down_, true)) return;
    const auto deadline = steady_clock::now() + docker_timeout_ + kShutdownRest;
    http_.StopAccepting();
    collections_.Shutdown(kShutdownGrace);
    readiness_.Shutdown(milliseconds(0));
    http_.Shutdown(deadline);
  }

 private:
  Impl(const Options& options, ListenSocket socket)
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
        http_(
            std::move(socket), MakeHttpOptions(options, tls_),
            [this](const HttpRequest& request) {
              return routes_.Handle(request);
            },
            [this](const RequestRecord& record) { Record(record); }) {}

  void Record(const RequestRecord& record) {
    const std::string_view route = Routes::NameOf(record.request.path);
    metrics_.CountRequest(route, record.status);
    // Those who watch the server ask every few seconds.
    const bool watcher =
        route != "collect" && route != "other" && record.status == 200;
    Log(watcher ? LogLevel::kDebug : LogLevel::kInfo, "request",
        RequestLogFields(record));
  }

  void Tick() {
    http_.EndOverdue();
    collections_.RejectWaitingSince(steady_clock::now() - docker_timeout_ -
                                    kCallSlack);
  }

  const milliseconds docker_timeout_;
  const std::shared_ptr<Tls> tls_;
  const std::string url_;
  Metrics metrics_;
  Collector collector_;
  Batcher<ListOptions> collections_;
  Batcher<std::monostate> readiness_;
  const Routes routes_{collections_, readiness_, collector_.endpoint(),
                       metrics_};
  HttpServer http_;
  const Ticker ticker_{kTick, [this] { Tick(); }};
  bool shut_down_ = false;
};

Server::Server(const Options& options)
    : impl_(std::make_unique<Impl>(options)) {}
Server::~Server() = default;

const std::string& Server::url() const noexcept { return impl_->url(); }
void Server::ReloadCertificates() { impl_->ReloadCertificates(); }
void Server::Shutdown() { impl_->Shutdown(); }

}  // namespace containercollector::server
