// SPDX-License-Identifier: Apache-2.0
/// An HTTP/1.1 server on libmicrohttpd.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_SERVER_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_SERVER_H_

#include <chrono>
#include <memory>

#include "server/http/http_handler.h"
#include "server/http/listen_socket.h"

namespace containercollector::server {

/// Serves from its construction until Shutdown() or its destruction. One thread
/// serves all connections, so a pending request occupies no thread. Response
/// bodies are sent without being copied.
///
/// Every Responder must have sent its response or been destroyed before
/// Shutdown() or the destructor. Thread-safety: call all members from the same
/// thread, except RenewConnections().
class HttpServer {
 public:
  /// @param handler Must outlive the server.
  /// @throws std::runtime_error with a readable text if it cannot start.
  HttpServer(ListenSocket socket, HttpOptions options, HttpHandler& handler);
  ~HttpServer();

  /// Stops accepting connections, and closes the open ones after their
  /// responses.
  void StopAccepting();

  /// Immediately closes connections that are idle between two requests, and all
  /// others after their next response. Call from any thread.
  void RenewConnections() noexcept;

  /// Closes connections without a pending request, waits until `deadline` for
  /// the remaining responses to be sent, then closes the rest.
  void Shutdown(std::chrono::steady_clock::time_point deadline);

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_SERVER_H_
