// SPDX-License-Identifier: Apache-2.0
/// The interface to what an HttpServer serves, and the server's limits.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_HANDLER_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_HANDLER_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/http_message.h"
#include "server/http/responder.h"
#include "server/http/tls.h"

namespace containercollector::server {

struct HttpOptions {
  /// If a client opens another one, the server closes the connection that has
  /// been idle longest.
  std::size_t max_connections = 2048;
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_body_bytes = 4 * 1024 * 1024;
  /// Memory of the responses that are being sent.
  std::size_t max_in_flight_bytes = 64 * 1024 * 1024;
  /// How long a connection may be silent; rounded up to whole seconds.
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(10);
  /// How long a whole request may take to arrive.
  std::chrono::milliseconds request_timeout = std::chrono::seconds(30);
  /// How long the client may take to read a whole response.
  std::chrono::milliseconds send_timeout = std::chrono::seconds(60);
  /// How often the server closes connections that have passed their deadline,
  /// and calls HttpHandler::Sweep().
  std::chrono::milliseconds sweep_interval{250};
  /// Whether the Host header must be an IP address, localhost or an allowed
  /// host. Prometheus scrapes by other names.
  bool check_host = true;
  std::vector<std::string> allowed_hosts;
  std::shared_ptr<const Tls> tls;  ///< Null: plain HTTP.
  /// Names of the headers to copy to HttpRequest, in static storage.
  std::vector<std::string_view> headers;
};

/// The resources that the server currently uses.
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

  /// Called when a connection with a failed TLS handshake has been closed. Does
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
