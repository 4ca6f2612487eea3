// SPDX-License-Identifier: Apache-2.0
/// The way of a response from any thread to the server's thread.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_RESPONDER_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_RESPONDER_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "server/http/http_message.h"
#include "server/http/wake_event.h"

namespace containercollector::server {

class Exchange;

/// A request that has no response yet.
struct PendingRequest {
  explicit PendingRequest(Exchange* owner) : exchange(owner) {}

  Exchange* const exchange;  ///< For the server's thread only.
  std::atomic<bool> client_left{false};

  // Guarded by the queue's mutex until Take() returns the request.
  std::optional<HttpResponse> response;
  bool suspended = false;
  bool sent = false;
  std::shared_ptr<PendingRequest> next;  ///< Of those that Take() returns.
};

/// Hands responses over to the server's thread. Thread-safe.
class ResponseQueue {
 public:
  /// Needs no memory. @param response Nothing: the handler failed.
  void Send(const std::shared_ptr<PendingRequest>& request,
            std::optional<HttpResponse> response) noexcept;

  /// Returns whether the response is there.
  bool IsSent(const PendingRequest& request);

  /// Returns false if the response is there already. If not, Take() returns
  /// the request as soon as it is.
  bool Suspend(PendingRequest& request);

  /// Returns the suspended requests whose response has been sent, as a list.
  std::shared_ptr<PendingRequest> Take();

  WakeEvent& wake() noexcept { return wake_; }

 private:
  WakeEvent wake_;
  std::mutex mutex_;
  std::shared_ptr<PendingRequest> sent_;  // Guarded by mutex_.
};

/// The right and the duty to send the response to one request. If it is
/// destroyed unused, the client gets a 500.
///
/// Thread-safety: as the standard containers; different threads may use
/// different Responders.
class Responder {
 public:
  Responder(std::shared_ptr<ResponseQueue> queue,
            std::shared_ptr<PendingRequest> request) noexcept;
  ~Responder();
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&&) = delete;
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;

  /// Sends the response. Call at most once.
  void Send(HttpResponse response) noexcept;

  /// Whether the client has closed its connection, or at least its side of
  /// it: a client may do that and still read the response. Lags behind by up
  /// to HttpOptions::sweep_interval.
  bool ClientLeft() const noexcept;

 private:
  std::shared_ptr<ResponseQueue> queue_;
  std::shared_ptr<PendingRequest> request_;  // Null when sent.
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_RESPONDER_H_
