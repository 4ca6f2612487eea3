// SPDX-License-Identifier: Apache-2.0

/// The table of routes.
#ifndef CONTAINERCOLLECTOR_SERVER_ROUTES_H_
#define CONTAINERCOLLECTOR_SERVER_ROUTES_H_

#include <array>
#include <chrono>
#include <functional>
#include <memory>
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

/// The last response of /readyz, and when its request arrived.
struct Readiness {
  std::chrono::steady_clock::time_point arrival;
  HttpResponse response;
};

/// What the routes of all listeners share. Must outlive the last response.
struct Backend {
  Batcher<ListOptions>& collections;
  Metrics& metrics;
  /// How long a batch may wait for its call.
  std::chrono::steady_clock::duration max_wait;
  CollectionResponses responses;
  /// Reused for a second, so that a client in a loop does not cause a
  /// collection per request. Only for std::atomic_load and std::atomic_store.
  std::shared_ptr<const Readiness> readiness;
};

/// Serves the routes of one listener.
class Routes final : public HttpHandler {
 public:
  /// @param listener "main", or "metrics", which has fewer routes.
  Routes(std::string_view listener, Backend& backend)
      : listener_(listener), backend_(backend) {}

  /// Finds the route. Returns a 404 or 405 if there is none.
  std::optional<HttpResponse> Check(HttpRequest& request) override;

  void Handle(const HttpRequest& request, Responder responder) override;

  /// Counts and logs the request.
  void Record(const RequestRecord& record) override;

  void Observe(std::size_t connections,
               std::size_t in_flight_bytes) noexcept override;

  /// Counts and logs the client.
  void TlsFailed(const std::string& peer, const TlsFailure& failure) override;

  /// Rejects batches that have waited too long.
  void Sweep() override;

 private:
  using ToResponse = std::function<HttpResponse(const Collection&)>;

  static const std::array<Route, 6> kRoutes;

  bool Serves(const Route& route) const;
  HttpResponse NotFound() const;

  void Landing(const HttpRequest& request, Responder responder);
  void Collect(const HttpRequest& request, Responder responder);
  void Health(const HttpRequest& request, Responder responder);
  void Ready(const HttpRequest& request, Responder responder);
  void ShowMetrics(const HttpRequest& request, Responder responder);

  /// Responds with what `to_response` returns for the next collection.
  void Join(const ListOptions& options, Responder responder,
            ToResponse to_response);

  const std::string_view listener_;
  Backend& backend_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_ROUTES_H_
