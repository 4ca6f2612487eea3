// SPDX-License-Identifier: Apache-2.0

/// The table of routes.
#ifndef CONTAINERCOLLECTOR_SERVER_ROUTES_H_
#define CONTAINERCOLLECTOR_SERVER_ROUTES_H_

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "containercollector/list_options.h"
#include "server/collect/batcher.h"
#include "server/collection_responses.h"
#include "server/http/http_handler.h"
#include "server/metrics.h"

namespace containercollector::server {

class Routes;

struct Route {
  std::string_view path;
  std::string_view name;     ///< In metrics.
  std::string_view method;   ///< "POST", or "GET", which includes HEAD.
  std::string_view summary;  ///< What it serves, for people.
  bool for_metrics;          ///< Whether the metrics listener serves it too.
  void (Routes::*handler)(const HttpRequest&, Responder);
};

/// The last response of /readyz, which is reused for a second so that a client
/// in a loop does not cause a collection per request. Thread-safe.
class LastReadiness {
 public:
  /// Returns the response to a request that arrived less than a second ago.
  std::optional<HttpResponse> Recent() const;

  /// @param arrival When the request arrived that `response` is for.
  void Save(std::chrono::steady_clock::time_point arrival,
            const HttpResponse& response);

 private:
  mutable std::mutex mutex_;
  std::chrono::steady_clock::time_point arrival_;
  std::optional<HttpResponse> response_;
};

/// What the routes use. All of it must outlive the last response.
struct Backend {
  Batcher<ListOptions>& collections;
  LastReadiness& readiness;
  Metrics& metrics;
  /// How long a batch may wait for its call.
  std::chrono::steady_clock::duration max_wait;
  AnswerLimits limits;
};

/// Serves the routes of one listener.
class Routes final : public HttpHandler {
 public:
  Routes(Listener listener, const Backend& backend)
      : listener_(listener), backend_(backend), responses_(backend_.limits) {}

  /// Finds the route. Returns a 404 or 405 if there is none.
  std::optional<HttpResponse> Check(HttpRequest& request) override;

  void Handle(const HttpRequest& request, Responder responder) override;

  /// Counts and logs the request.
  void Record(const RequestRecord& record) override;

  void Observe(const HttpLoad& load) noexcept override;

  /// Counts and logs the client.
  void TlsFailed(const std::string& peer, const TlsFailure& failure) override;

  /// Rejects batches that have waited too long.
  void Sweep() override;

 private:
  friend struct RouteTable;

  bool Serves(const Route& route) const;
  HttpResponse NotFound() const;

  void Landing(const HttpRequest& request, Responder responder);
  void Collect(const HttpRequest& request, Responder responder);
  void Health(const HttpRequest& request, Responder responder);
  void Ready(const HttpRequest& request, Responder responder);
  void ShowMetrics(const HttpRequest& request, Responder responder);

  const Listener listener_;
  const Backend backend_;
  CollectionResponses responses_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_ROUTES_H_
