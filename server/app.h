// SPDX-License-Identifier: Apache-2.0
/// The whole server, wired from its parts.
#ifndef CONTAINERCOLLECTOR_SERVER_APP_H_
#define CONTAINERCOLLECTOR_SERVER_APP_H_

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "server/collect/batcher.h"
#include "server/http/http_server.h"
#include "server/http/listen_socket.h"
#include "server/http/tls.h"
#include "server/metrics.h"
#include "server/options.h"
#include "server/routes.h"

namespace containercollector::server {

/// Listens when constructed, on the sockets that systemd passes for the main
/// and the metrics listener, else at the addresses that the options specify.
/// Serves until Shutdown() or its destruction.
class App {
 public:
  /// @throws std::runtime_error with a readable text if it cannot listen, or
  /// must not open enough files.
  explicit App(const Options& options);
  ~App() { Shutdown(); }

  /// The URL of the main listener, e.g. "http://127.0.0.1:8091".
  const std::string& url() const noexcept { return url_; }

  /// The URL of the metrics listener; empty if there is none.
  const std::string& metrics_url() const noexcept { return metrics_url_; }

  /// Reloads the certificates for new connections, and closes the existing ones
  /// as HttpServer::RenewConnections() does. If the certificates cannot be
  /// used, logs why and keeps the old ones. May run on a separate thread.
  void ReloadCertificates();

  /// Stops accepting connections, completes pending requests and returns, at
  /// most a few seconds after two timeouts of the container runtime.
  void Shutdown();

 private:
  /// Starts a listener. Returns its URL.
  std::string Listen(ListenSocket socket, const HttpOptions& http,
                     std::string_view name, HttpHandler& routes);

  /// How long a runtime call may take.
  const std::chrono::milliseconds max_call_;
  const std::shared_ptr<Tls> tls_;
  Metrics metrics_;
  Batcher<ListOptions> collections_;
  const Handlers routes_;
  std::string url_;
  std::string metrics_url_;
  std::deque<HttpServer> servers_;  // The main one, then that for metrics.
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_APP_H_
