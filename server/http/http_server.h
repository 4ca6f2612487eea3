// SPDX-License-Identifier: Apache-2.0

/// HTTP. The only part that knows libmicrohttpd.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_SERVER_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_SERVER_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "server/answer.h"
#include "server/http/listen_socket.h"
#include "server/http/tls.h"

namespace containercollector::server {

struct HttpRequest {
  std::string method;
  std::string path;   ///< As it came, not decoded.
  std::string query;  ///< As it came, without the "?".
  /// Those that HttpOptions asks for, as far as they came.
  std::vector<std::pair<std::string_view, std::string>> headers;
};

/// A request that has come to its end.
struct RequestRecord {
  HttpRequest request;
  int status = 0;  ///< 0 where none was chosen before the connection ended.
  std::chrono::steady_clock::duration duration{};
  std::size_t bytes = 0;   ///< Of the answer's body.
  bool delivered = false;  ///< Whether all of it was sent.
};

/// Answers a request later, see HttpHandler.
using Deferred = std::function<void(Respond)>;

/// What to do with a request whose headers have come: an answer is sent at
/// once, a Deferred is called as soon as the body has come too, to arrange for
/// the answer. Both run on the one thread that serves all connections: they
/// must not block.
using HttpHandler =
    std::function<std::variant<Answer, Deferred>(const HttpRequest&)>;

struct HttpOptions {
  std::size_t max_connections = 2048;
  std::size_t max_connections_per_address = 0;  ///< 0: as many as all may have.
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_body_bytes = 1024 * 1024;
  /// How long a connection may be silent, in whole seconds.
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(10);
  /// How long a whole request may take to arrive.
  std::chrono::milliseconds request_timeout = std::chrono::seconds(30);
  /// How long the client may take to read a whole answer.
  std::chrono::milliseconds send_timeout = std::chrono::seconds(60);
  std::shared_ptr<const Tls> tls;  ///< Null: plain HTTP.
  /// Names of the headers to put into HttpRequest, in static storage.
  std::vector<std::string_view> headers;
};

/// An HTTP/1.1 server. One thread serves all connections; a request that waits
/// for its answer holds no thread. The body of an answer is sent from where it
/// is, without a copy for each request.
///
/// RAII: serves from its construction until Shutdown() or its destruction.
/// Every request must have been answered by then.
class HttpServer {
 public:
  /// @param on_request Called for each request that came to its end, on the
  /// server's thread.
  HttpServer(ListenSocket socket, HttpOptions options, HttpHandler handler,
             std::function<void(const RequestRecord&)> on_request);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Ends the connections that were too slow. To be called now and then.
  void EndOverdue();

  /// Accepts no more connections, and keeps none after its answer.
  void StopAccepting();

  /// Ends the connections that have no request to answer, waits until
  /// `deadline` for answers to be sent, then ends what is left.
  void Shutdown(std::chrono::steady_clock::time_point deadline);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_SERVER_H_
