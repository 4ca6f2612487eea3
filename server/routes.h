/// Which request gets which answer.
#ifndef CONTAINERCOLLECTOR_SERVER_ROUTES_H_
#define CONTAINERCOLLECTOR_SERVER_ROUTES_H_

#include <variant>

#include "server/batcher.h"
#include "server/http_server.h"

namespace containercollector::server {

/// Thread-safety: as HttpHandler needs it.
class Routes {
 public:
  /// @param collector Must live for as long as requests are answered.
  explicit Routes(Batcher& collector) : collector_(collector) {}

  std::variant<Answer, Deferred> Handle(const HttpRequest& request) const;

 private:
  std::variant<Answer, Deferred> Collect(const HttpRequest& request) const;

  Batcher& collector_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_ROUTES_H_
