// SPDX-License-Identifier: Apache-2.0
/// Connections, and the requests and responses that they carry.
///
/// Thread-safety: the server's thread owns all of this. From other threads, a
/// handler reaches it only through a Responder, which uses a ResponseQueue.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_EXCHANGE_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_EXCHANGE_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "server/http/http_server.h"
#include "server/http/tls.h"

struct MHD_Connection;

namespace containercollector::server {

struct Connection;
class Exchange;
struct ExchangeContext;
class ResponseQueue;

/// A request without a response.
struct PendingRequest {
  PendingRequest(std::shared_ptr<ResponseQueue> to, Exchange* of)
      : queue(std::move(to)), exchange(of) {}

  const std::shared_ptr<ResponseQueue> queue;
  Exchange* const exchange;  ///< For the server's thread only.
  std::atomic<bool> client_left{false};
  std::atomic<bool> sent{false};  ///< Whether `response` is final.

  // Guarded by the queue's mutex until Take() returns the request.
  std::optional<HttpResponse> response;
  bool suspended = false;
  std::shared_ptr<PendingRequest> next;  ///< In the list from Take().
};

/// Passes responses to the server's thread. Thread-safe.
class ResponseQueue {
 public:
  /// @throws std::system_error
  ResponseQueue();
  ~ResponseQueue();
  ResponseQueue(const ResponseQueue&) = delete;
  ResponseQueue& operator=(const ResponseQueue&) = delete;

  /// Allocates no memory. @param response Nothing if the handler failed.
  void Send(const std::shared_ptr<PendingRequest>& request,
            std::optional<HttpResponse> response) noexcept;

  /// Returns false if the response has already been sent. Otherwise Take()
  /// returns the request once it has been.
  bool Suspend(PendingRequest& request);

  /// Returns the suspended requests whose response has been sent, as a list.
  std::shared_ptr<PendingRequest> Take();

  /// Makes wake_fd() readable until Take(), as the response to a suspended
  /// request does.
  void Wake() noexcept;

  int wake_fd() const noexcept { return wake_fd_; }

 private:
  const int wake_fd_;
  std::mutex mutex_;
  std::shared_ptr<PendingRequest> sent_;  // Guarded by mutex_.
};

/// Bounds the memory of the response bodies that are being sent. A body that
/// several responses share counts once.
class InFlightBodies {
 public:
  using Body = std::shared_ptr<const std::string>;

  explicit InFlightBodies(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Returns false, and counts nothing, if the bodies in flight would exceed
  /// the limit. Short bodies, and one body of any size at a time, are always
  /// accepted.
  bool Add(const Body& body) {
    const std::size_t size = body->size();
    if (size <= kShortBody) return true;
    if (uses_.count(body.get()) == 0) {
      if (bytes_ > 0 && bytes_ + size > max_bytes_) return false;
      bytes_ += size;
    }
    ++uses_[body.get()];
    return true;
  }

  /// Call once for each Add() that returned true.
  void Remove(const Body& body) {
    const auto known = uses_.find(body.get());
    if (known == uses_.end() || --known->second > 0) return;
    bytes_ -= body->size();
    uses_.erase(known);
  }

  std::size_t bytes() const noexcept { return bytes_; }

 private:
  /// Bodies up to this size are not counted: the connection limit bounds them.
  static constexpr std::size_t kShortBody = 4096;

  const std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::unordered_map<const std::string*, std::size_t> uses_;
};

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
  const HttpOptions options;
  HttpHandler& handler;
  InFlightBodies bodies{options.max_in_flight_bytes};
  Connections connections{};
  std::shared_ptr<ResponseQueue> queue = std::make_shared<ResponseQueue>();
  bool stopping = false;  ///< Whether each response closes its connection.
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_EXCHANGE_H_
