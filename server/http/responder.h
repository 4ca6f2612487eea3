// SPDX-License-Identifier: Apache-2.0
/// Passes responses from any thread to the server's thread, and bounds the
/// memory of those that are being sent.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_RESPONDER_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_RESPONDER_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "server/http/http_message.h"

namespace containercollector::server {

/// RAII: owns an eventfd. Thread-safe.
class WakeEvent {
 public:
  /// @throws std::system_error
  WakeEvent();
  ~WakeEvent();
  WakeEvent(const WakeEvent&) = delete;
  WakeEvent& operator=(const WakeEvent&) = delete;

  /// Readable after Set(), until Clear().
  int fd() const noexcept { return fd_; }

  void Set() noexcept;
  void Clear() noexcept;

 private:
  int fd_;
};

/// Counts the bytes of the bodies that are being sent. A body that several
/// responses share counts once. Thread-safety: none; the server's thread owns
/// it.
class InFlightBodies {
 public:
  using Body = std::shared_ptr<const std::string>;

  explicit InFlightBodies(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Returns false, and counts nothing, if the bodies in flight would exceed
  /// the limit. Short bodies, and one body of any size at a time, are always
  /// accepted.
  bool Add(const Body& body);

  /// Call once for each Add() that returned true.
  void Remove(const Body& body);

  std::size_t bytes() const noexcept { return bytes_; }

 private:
  /// Bodies up to this size are not counted: the connection limit bounds them.
  static constexpr std::size_t kShortBody = 4096;

  const std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::unordered_map<const std::string*, std::size_t> uses_;
};

class Exchange;

/// A request without a response.
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

/// Passes responses to the server's thread. Thread-safe.
class ResponseQueue {
 public:
  /// Allocates no memory. @param response Nothing if the handler failed.
  void Send(const std::shared_ptr<PendingRequest>& request,
            std::optional<HttpResponse> response) noexcept;

  /// Returns whether the response has been sent.
  bool IsSent(const PendingRequest& request);

  /// Returns false if the response has already been sent. Otherwise Take()
  /// returns the request once it has been.
  bool Suspend(PendingRequest& request);

  /// Returns the suspended requests whose response has been sent, as a list.
  std::shared_ptr<PendingRequest> Take();

  WakeEvent& wake() noexcept { return wake_; }

 private:
  WakeEvent wake_;
  std::mutex mutex_;
  std::shared_ptr<PendingRequest> sent_;  // Guarded by mutex_.
};

/// Sends the response to one request. If it is destroyed without sending one,
/// the client gets a 500.
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

  /// Returns whether the client has closed its connection, or at least its
  /// sending side, after which it may still read the response. Lags by up to
  /// HttpOptions::sweep_interval.
  bool ClientLeft() const noexcept;

 private:
  std::shared_ptr<ResponseQueue> queue_;
  std::shared_ptr<PendingRequest> request_;  // Null when sent.
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_RESPONDER_H_
