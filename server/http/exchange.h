// SPDX-License-Identifier: Apache-2.0
/// One request and its response on a connection.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_EXCHANGE_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_EXCHANGE_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "server/http/connection_deadlines.h"
#include "server/http/http_handler.h"
#include "server/http/http_message.h"
#include "server/http/request_head.h"
#include "server/http/responder.h"
#include "server/http/tls.h"

struct MHD_Connection;

namespace containercollector::server {

class Exchange;

/// The state of an open connection. The server owns it, because libmicrohttpd
/// does not report the end of every request.
struct Connection {
  std::unique_ptr<TlsHandshake> handshake;  ///< Null without TLS.
  std::unique_ptr<Exchange> exchange;       ///< Null between two requests.
  bool used = false;  ///< Whether it has carried a response.
  bool old = false;   ///< Whether to close it after the response.
};

/// State shared by all exchanges of a server. For the server's thread only.
struct ExchangeContext {
  ExchangeContext(HttpOptions http_options, HttpHandler& http_handler)
      : options(std::move(http_options)), handler(http_handler) {}

  /// Reports the load to the handler. Call when `deadlines` or `bodies` change.
  void ReportLoad() const noexcept {
    handler.Observe({deadlines.size(), bodies.bytes()});
  }

  /// Call when libmicrohttpd itself rejects a request. libmicrohttpd sends the
  /// response unless the exchange does.
  void RejectedByLibrary(int status);

  /// Records that request unless it is already recorded. Call when
  /// libmicrohttpd has moved on to another connection.
  void RecordRejection() noexcept;

  /// Ends and records the exchange of a connection, if it has one.
  void EndExchange(Connection& connection, bool delivered) noexcept;

  /// As HttpServer::RenewConnections().
  void CloseOldConnections();

  /// Finds suspended connections whose clients have left, which libmicrohttpd
  /// does not notice.
  void FindClientsThatLeft();

  void Record(RequestRecord record) noexcept;

  const HttpOptions options;
  HttpHandler& handler;
  ConnectionDeadlines deadlines;
  InFlightBodies bodies{options.max_in_flight_bytes};
  std::unordered_map<int, Connection> connections;  ///< By their socket.
  std::shared_ptr<ResponseQueue> queue = std::make_shared<ResponseQueue>();
  int rejected_status = 0;  ///< By libmicrohttpd; 0 if none or recorded.
  bool stopping = false;    ///< Whether each response closes its connection.
};

/// One request, from its first line to the end of its response.
///
/// Thread-safety: none; the server's thread owns it. From other threads, a
/// handler reaches it only through a Responder.
class Exchange {
 public:
  /// @param target The request's target as received: path and query.
  Exchange(ExchangeContext& context, MHD_Connection* connection,
           std::string_view target);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Each returns false to close the connection.

  bool AcceptHead(const char* method, const char* version);
  bool AcceptBody(std::string_view piece);

  /// Call when the whole request has arrived. Passes it to the handler and
  /// suspends the connection; called again, sends the handler's response.
  bool Proceed();

  /// Resumes the connection. Call when the handler has sent the response.
  void Resume();

  bool head_accepted() const noexcept { return head_accepted_; }

  /// Returns the request if its connection is suspended, otherwise null.
  PendingRequest* suspended() const noexcept {
    return suspended_ ? pending_.get() : nullptr;
  }

  /// Call when libmicrohttpd rejects a request with `status`. If it is this
  /// request and its head has arrived, sends the response, closes the
  /// connection and returns true: libmicrohttpd 0.9.75 would send its own
  /// headers twice.
  bool RejectHead(int status);

  /// Call when libmicrohttpd has rejected a request with `status`. Returns
  /// whether it is this request and was not yet recorded.
  bool NoticeRejection(int status);

  /// Returns the record of the exchange. Call once, when it ends.
  RequestRecord TakeRecord(bool delivered);

 private:
  bool Suspend();
  std::optional<HttpResponse> CheckClient(const RequestHead& head) const;
  bool Send(HttpResponse response, bool close = false);

  ExchangeContext& context_;
  MHD_Connection* const connection_;
  const std::string target_;
  const std::chrono::steady_clock::time_point start_;
  bool head_accepted_ = false;
  bool suspended_ = false;
  std::size_t body_bytes_ = 0;
  std::shared_ptr<PendingRequest> pending_;
  InFlightBodies::Body body_;  // Of the response.
  RequestRecord record_;
};

/// Completes the record of a request that libmicrohttpd has rejected with
/// `status`. Does nothing if that is 0.
void SetRejection(RequestRecord& record, int status);

/// Returns the state of the connection; null if allocating it failed.
Connection* ConnectionOf(MHD_Connection* connection);

/// The connection's socket.
int SocketOf(MHD_Connection* connection);

/// The client's address and port; empty if unknown.
std::string PeerOf(MHD_Connection* connection);

/// The connection's GnuTLS session; null without TLS.
gnutls_session_int* TlsSessionOf(MHD_Connection* connection);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_EXCHANGE_H_
