// SPDX-License-Identifier: Apache-2.0
/// Passes responses from any thread to the server's thread.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_RESPONSE_QUEUE_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_RESPONSE_QUEUE_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "server/http/http_handler.h"

namespace containercollector::server {

class Exchange;
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

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_RESPONSE_QUEUE_H_
