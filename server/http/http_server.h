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
/// Every Responder must be gone or have sent its response before Shutdown() or
/// the destructor. Thread-safety: call the members from one thread, but for
/// RenewConnections().
class HttpServer {
 public:
  /// @param handler Must outlive the server.
  /// @throws std::runtime_error with a text for people if it cannot start.
  HttpServer(ListenSocket socket, HttpOptions options, HttpHandler& handler);
  ~HttpServer();

  /// Accepts no more connections, and closes each after its response.
  void StopAccepting();

  /// Closes connections that are idle between two requests at once, and all
  /// others after their response. Call from any thread.
  void RenewConnections() noexcept;

  /// Closes the connections without a request, waits until `deadline` for
  /// responses to be sent, then closes the rest.
  void Shutdown(std::chrono::steady_clock::time_point deadline);

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_SERVER_H_
