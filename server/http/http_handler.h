// SPDX-License-Identifier: Apache-2.0
/// What an HttpServer serves.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_HANDLER_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_HANDLER_H_

#include <cstddef>
#include <optional>
#include <string>

#include "server/http/http_message.h"
#include "server/http/responder.h"
#include "server/http/tls_handshake.h"

namespace containercollector::server {

/// What the server holds.
struct HttpLoad {
  std::size_t connections = 0;
  std::size_t in_flight_bytes = 0;  ///< As HttpOptions::max_in_flight_bytes.
};

/// Handles requests. The server calls every member on the one thread that
/// serves all connections: they must not block.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  /// Called when the head of a request has arrived, before its body. May set
  /// `request.route`. A returned response rejects the request: the server
  /// sends it, reads no body and closes the connection.
  virtual std::optional<HttpResponse> Check(HttpRequest& request) = 0;

  /// Called when the whole request has arrived.
  virtual void Handle(const HttpRequest& request, Responder responder) = 0;

  /// Called when an exchange has ended.
  virtual void Record(const RequestRecord& record) = 0;

  /// Called when the load has changed. Does nothing unless overridden.
  virtual void Observe(const HttpLoad& /*load*/) noexcept {}

  /// Called when a connection has been closed whose TLS handshake failed. Does
  /// nothing unless overridden.
  /// @param peer The client's address and port.
  virtual void TlsFailed(const std::string& /*peer*/,
                         const TlsFailure& /*failure*/) {}

  /// Called about every HttpOptions::sweep_interval.
  virtual void Sweep() = 0;

 protected:
  HttpHandler() = default;
  HttpHandler(const HttpHandler&) = default;
  HttpHandler& operator=(const HttpHandler&) = default;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_HANDLER_H_
