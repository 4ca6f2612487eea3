// SPDX-License-Identifier: Apache-2.0
/// The whole server: wires its parts.
#ifndef CONTAINERCOLLECTOR_SERVER_APP_H_
#define CONTAINERCOLLECTOR_SERVER_APP_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/collect/batcher.h"
#include "server/collect/collector.h"
#include "server/http/http_server.h"
#include "server/http/listen_socket.h"
#include "server/http/tls.h"
#include "server/metrics.h"
#include "server/options.h"
#include "server/routes.h"

namespace containercollector::server {

/// Connections of the metrics listener.
inline constexpr std::size_t kMaxMetricsConnections = 64;

/// Listens when constructed; serves until Shutdown() or its destruction.
class App {
 public:
  /// @param sockets Sockets that listen already, for the main and the metrics
  /// listener; for those that are missing, the options say where to listen.
  /// @throws std::runtime_error with a text for people if it cannot listen.
  App(const Options& options, const std::vector<int>& sockets);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  /// The URL of the main listener, e.g. "http://127.0.0.1:8091".
  const std::string& url() const noexcept { return url_; }

  /// The URL of the metrics listener; empty if there is none.
  const std::string& metrics_url() const noexcept { return metrics_url_; }

  /// Reads the certificates again, for new connections, and closes the others
  /// as HttpServer::RenewConnections(). If they cannot be used, logs why and
  /// keeps the old ones. May run on a thread of its own.
  void ReloadCertificates();

  /// Accepts no more connections, completes pending requests and returns: at
  /// the latest some seconds after two timeouts of the container runtime.
  void Shutdown();

 private:
  Backend MakeBackend(const Options& options);
  std::string UrlOf(const ListenSocket& socket) const;

  const std::chrono::milliseconds docker_timeout_;
  const std::shared_ptr<Tls> tls_;
  Metrics metrics_;
  Collector collector_;
  Batcher<ListOptions> collections_;
  LastReadiness readiness_;
  Routes routes_;
  Routes metrics_routes_;
  std::string url_;
  std::string metrics_url_;
  std::optional<HttpServer> http_;
  std::optional<HttpServer> metrics_http_;
  bool shut_down_ = false;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_APP_H_
