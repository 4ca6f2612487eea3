// SPDX-License-Identifier: Apache-2.0
/// The whole server: wires its parts.
#ifndef CONTAINERCOLLECTOR_SERVER_APP_H_
#define CONTAINERCOLLECTOR_SERVER_APP_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "server/collect/batcher.h"
#include "server/collect/collector.h"
#include "server/http/http_handler.h"
#include "server/http/http_server.h"
#include "server/http/listen_socket.h"
#include "server/http/tls.h"
#include "server/metrics.h"
#include "server/options.h"
#include "server/routes.h"

namespace containercollector::server {

/// RAII: serves from its construction until Shutdown() or its destruction.
class App final : private HttpHandler {
 public:
  /// @throws std::runtime_error with a text for people if it cannot listen.
  explicit App(const Options& options);
  ~App() override;
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  /// Where it listens, e.g. "http://127.0.0.1:8091".
  const std::string& url() const noexcept { return url_; }

  /// Reads the certificates again, for new connections. If they cannot be used,
  /// logs why and keeps the old ones.
  void ReloadCertificates();

  /// Accepts no more connections, completes pending requests and returns: at
  /// the latest some seconds after two timeouts of the Docker daemon.
  void Shutdown();

 private:
  App(const Options& options, ListenSocket socket);

  std::optional<HttpResponse> Check(HttpRequest& request) override;
  void Handle(const HttpRequest& request, Responder responder) override;
  void Record(const RequestRecord& record) override;
  void Sweep() override;

  const std::chrono::milliseconds docker_timeout_;
  const std::shared_ptr<Tls> tls_;
  const std::string url_;
  Metrics metrics_;
  Collector collector_;
  Batcher<ListOptions> collections_;
  Batcher<std::monostate> readiness_;
  const Routes routes_;
  HttpServer http_;
  bool shut_down_ = false;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_APP_H_
