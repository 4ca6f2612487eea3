// SPDX-License-Identifier: Apache-2.0

/// Which request gets which answer.
#ifndef CONTAINERCOLLECTOR_SERVER_ROUTES_H_
#define CONTAINERCOLLECTOR_SERVER_ROUTES_H_

#include <string_view>
#include <variant>

#include "server/collect/batcher.h"
#include "server/http/http_server.h"
#include "server/metrics.h"

namespace containercollector::server {

/// Thread-safety: as HttpHandler needs it.
class Routes {
 public:
  /// All must live for as long as requests are answered.
  /// @param collector Collects containers.
  /// @param readiness Asks whether the daemon answers, whatever the options.
  Routes(Batcher& collector, Batcher& readiness, Metrics& metrics)
      : collector_(collector), readiness_(readiness), metrics_(metrics) {}

  std::variant<Answer, Deferred> Handle(const HttpRequest& request) const;

  /// The route that a path belongs to, e.g. "collect"; "other" where none is.
  static std::string_view NameOf(std::string_view path);

 private:
  std::variant<Answer, Deferred> Collect(const HttpRequest& request) const;
  std::variant<Answer, Deferred> Ready() const;
  Answer MetricsText() const;

  Batcher& collector_;
  Batcher& readiness_;
  Metrics& metrics_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_ROUTES_H_
