// SPDX-License-Identifier: Apache-2.0

/// Which request gets which answer.
#ifndef CONTAINERCOLLECTOR_SERVER_ROUTES_H_
#define CONTAINERCOLLECTOR_SERVER_ROUTES_H_

#include <string>
#include <string_view>
#include <variant>

#include "containercollector/list_options.h"
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
  /// @param endpoint The daemon's, for the text of /readyz.
  Routes(Batcher<ListOptions>& collector, Batcher<std::monostate>& readiness,
         const std::string& endpoint, Metrics& metrics)
      : collector_(collector),
        readiness_(readiness),
        endpoint_(endpoint),
        metrics_(metrics) {}

  std::variant<Answer, Deferred> Handle(const HttpRequest& request) const;

  /// The route that a path belongs to, e.g. "collect"; "other" where none is.
  static std::string_view NameOf(std::string_view path);

 private:
  std::variant<Answer, Deferred> Collect(const HttpRequest& request) const;
  std::variant<Answer, Deferred> Ready() const;
  Answer MetricsText() const;

  Batcher<ListOptions>& collector_;
  Batcher<std::monostate>& readiness_;
  const std::string& endpoint_;
  Metrics& metrics_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_ROUTES_H_
