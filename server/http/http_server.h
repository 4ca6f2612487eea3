// SPDX-License-Identifier: Apache-2.0
/// An HTTP/1.1 server, and the interface to what it serves. Includes no HTTP
/// library.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_SERVER_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_HTTP_SERVER_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/http/listen_socket.h"
#include "server/http/tls.h"

namespace containercollector::server {

/// An entry of the handler's route table. Opaque to the HTTP server.
struct Route;

/// Reads the body of a request as it arrives. The server stores none of it.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  virtual void Read(std::string_view piece) = 0;
};

struct HttpRequest {
  std::string method;
  std::string path;   ///< As received, not decoded.
  std::string query;  ///< As received, without the "?".
  /// The headers that HttpOptions::headers names, if present.
  std::vector<std::pair<std::string_view, std::string>> headers;
  std::string peer;  ///< The client's address and port, e.g. "[::1]:40312".
  const Route* route = nullptr;  ///< Set by HttpHandler::Check().
  /// Set by HttpHandler::Check(). Null: the body is not read.
  std::shared_ptr<BodyReader> body_reader;
};

/// Copies share the body.
struct HttpResponse {
  int status = 500;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<const std::string> body;  ///< Not null.
};

inline HttpResponse TextResponse(
    int status, std::string text,
    std::string content_type = "text/plain; charset=utf-8") {
  return {status,
          std::move(content_type),
          {},
          std::make_shared<const std::string>(std::move(text))};
}

/// A 503 with `Retry-After`.
inline HttpResponse BusyResponse(std::string text) {
  HttpResponse response = TextResponse(503, std::move(text));
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

/// A request whose exchange has ended.
struct RequestRecord {
  HttpRequest request;
  int status = 0;  ///< 0 if the connection was lost before a response.
  std::chrono::steady_clock::duration duration{};
  std::size_t bytes = 0;   ///< Size of the response's body.
  bool delivered = false;  ///< Whether the whole response was sent.
  std::string error;       ///< The text of a response with status 400 to 599.
};

struct PendingRequest;

/// Sends the response to one request. If it is destroyed without sending one,
/// the client gets a 500.
///
/// RAII. Thread-safety: as the standard containers.
class Responder {
 public:
  explicit Responder(std::shared_ptr<PendingRequest> request) noexcept
      : request_(std::move(request)) {}
  Responder(Responder&&) noexcept = default;
  ~Responder();

  /// Sends the response. Call at most once.
  void Send(HttpResponse response) noexcept;

  /// Returns whether the client has closed its connection, or at least its
  /// sending side, after which it may still read the response. Lags by up to
  /// HttpOptions::sweep_interval.
  bool ClientLeft() const noexcept;

 private:
  std::shared_ptr<PendingRequest> request_;  // Null when sent.
};

struct HttpOptions {
  /// Beyond this number, the server closes the connection that has been idle
  /// longest.
  std::size_t max_connections = 2048;
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

/// Handles requests. The server calls all members on the thread that serves all
/// connections, so they must not block.
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

  /// Called when a connection with a failed TLS handshake has been closed.
  /// @param peer The client's address and port.
  virtual void TlsFailed(const std::string& /*peer*/,
                         const TlsFailure& /*failure*/) {}

  /// Called roughly every HttpOptions::sweep_interval with the number of open
  /// connections, and the memory of the responses that are being sent.
  virtual void Sweep(std::size_t connections, std::size_t in_flight_bytes) = 0;
};

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
