// SPDX-License-Identifier: Apache-2.0
/// Connections, and the requests and responses that they carry.
///
/// Thread-safety: none; the server's thread owns all of this. From other
/// threads, a handler reaches it only through a Responder.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_EXCHANGE_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_EXCHANGE_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/http/http_handler.h"
#include "server/http/in_flight_bodies.h"
#include "server/http/response_queue.h"
#include "server/http/tls.h"

struct MHD_Connection;

namespace containercollector::server {

struct Connection;
struct ExchangeContext;

/// One request, from its first line to the end of its response.
class Exchange {
 public:
  /// @param target The request's target as received: path and query.
  Exchange(ExchangeContext& context, Connection& connection,
           std::string_view target);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Call when the head of the request has arrived, then with each piece of the
  /// body, then with an empty one until there is a response. Returns false to
  /// close the connection.
  bool Receive(const char* method, const char* version, std::string_view body);

  /// Resumes the connection. Call when the handler has sent the response.
  void Resume();

  /// Call if the client has left while its request is pending.
  void ClientLeft() noexcept { pending_->client_left = true; }

  /// Call when libmicrohttpd rejects a request with `status`. If it is this
  /// request and its head has arrived, sends the response, closes the
  /// connection and returns true: libmicrohttpd 0.9.75 would send its own
  /// headers twice.
  bool RejectHead(int status);

  /// Returns whether libmicrohttpd has rejected this request, but the record
  /// does not show it yet.
  bool HasUnknownRejection() const;

  RequestRecord& record() noexcept { return record_; }

  /// Returns the record. Call once, when the exchange ends.
  RequestRecord TakeRecord(bool delivered);

 private:
  bool AcceptHead(const char* method, const char* version);
  bool Proceed();
  bool Send(HttpResponse response, bool close = false);
  void Note(const HttpResponse& response);

  ExchangeContext& context_;
  Connection& connection_;
  const std::string target_;
  const std::chrono::steady_clock::time_point start_;
  bool head_arrived_ = false;
  std::size_t body_bytes_ = 0;
  std::shared_ptr<PendingRequest> pending_;
  InFlightBodies::Body body_;  // Of the response.
  RequestRecord record_;
};

/// An open connection. Each has a deadline, because libmicrohttpd closes only
/// silent ones: one byte per second would keep a connection open forever.
struct Connection {
  using Time = std::chrono::steady_clock::time_point;

  enum class State {
    kReceiving,  ///< A whole request must arrive by the deadline.
    kSending,    ///< The client must have read the response by the deadline.
    kPending,    ///< Its request is pending, without a deadline.
    kClosing,    ///< libmicrohttpd will notice that, and close the socket.
  };

  Connection(int connected_socket, MHD_Connection* mhd_connection)
      : socket(connected_socket), mhd(mhd_connection) {}

  void Enter(State next, Time until = Time::max()) noexcept;

  /// Shuts the socket down.
  void Close() noexcept;

  const int socket;
  MHD_Connection* const mhd;
  std::string peer;  ///< The client's address and port; empty if unknown.
  gnutls_session_int* session = nullptr;    ///< Null without TLS.
  std::unique_ptr<TlsHandshake> handshake;  ///< Null without TLS.
  std::unique_ptr<Exchange> exchange;       ///< Null between two requests.
  State state = State::kReceiving;
  Time deadline = Time::max();
  bool ended = false;  ///< Whether FindHangUps() has seen one in this state.
  bool used = false;   ///< Whether it has carried a response.
  bool old = false;    ///< Whether to close it after the response.
};

/// By their socket. Remove each connection before its socket is closed.
using Connections = std::unordered_map<int, Connection>;

/// Closes the connection that has been receiving longest. If none is receiving,
/// closes the one that has been sending longest. Never closes one with a
/// pending request.
void CloseLongest(Connections& connections) noexcept;

/// Finds clients that have hung up, which libmicrohttpd misses while a request
/// is pending, or if the hang-up arrives together with bytes. Tells pending
/// exchanges. Closes a receiving connection once two consecutive calls have
/// seen the hang-up: by the second, libmicrohttpd has handled what it had read
/// by the first.
void FindHangUps(Connections& connections);

/// State shared by all exchanges of a server.
struct ExchangeContext {
  /// Call when `connections` or `bodies` change.
  void ReportLoad() const noexcept {
    handler.Observe(connections.size(), bodies.bytes());
  }

  const HttpOptions options;
  HttpHandler& handler;
  InFlightBodies bodies{options.max_in_flight_bytes};
  Connections connections{};
  std::shared_ptr<ResponseQueue> queue = std::make_shared<ResponseQueue>();
  bool stopping = false;  ///< Whether each response closes its connection.
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_EXCHANGE_H_
