// SPDX-License-Identifier: Apache-2.0
/// The table of routes.
#ifndef CONTAINERCOLLECTOR_SERVER_ROUTES_H_
#define CONTAINERCOLLECTOR_SERVER_ROUTES_H_

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "containercollector/list_options.h"
#include "server/collect/batcher.h"
#include "server/http/http_message.h"
#include "server/http/responder.h"
#include "server/metrics.h"

namespace containercollector::server {

class Routes;

struct Route {
  std::string_view path;
  std::string_view name;    ///< In metrics.
  std::string_view method;  ///< "POST", or "GET", which includes HEAD.
  void (Routes::*handler)(const HttpRequest&, Responder) const;
};

/// The name, in metrics, of the route that a request matched.
std::string_view NameOf(const Route* route);

/// Serves each route. Thread-safe, and does not block.
class Routes {
 public:
  /// All must live until the last response.
  /// @param collections Lists containers.
  /// @param readiness Asks whether the daemon is ready.
  /// @param endpoint The daemon's endpoint, for the text of /readyz.
  Routes(Batcher<ListOptions>& collections, Batcher<std::monostate>& readiness,
         const std::string& endpoint, Metrics& metrics)
      : collections_(collections),
        readiness_(readiness),
        endpoint_(endpoint),
        metrics_(metrics) {}

  /// Sets `request.route`. Returns a 404 or 405 if there is none.
  std::optional<HttpResponse> Match(HttpRequest& request) const;

  /// Calls the handler of a request that Match() accepted.
  void Handle(const HttpRequest& request, Responder responder) const;

 private:
  friend struct RouteTable;

  void Collect(const HttpRequest& request, Responder responder) const;
  void Health(const HttpRequest& request, Responder responder) const;
  void Ready(const HttpRequest& request, Responder responder) const;
  void ShowMetrics(const HttpRequest& request, Responder responder) const;

  Batcher<ListOptions>& collections_;
  Batcher<std::monostate>& readiness_;
  const std::string& endpoint_;
  Metrics& metrics_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_ROUTES_H_
