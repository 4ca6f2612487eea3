// SPDX-License-Identifier: Apache-2.0
#include "server/http/response_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace containercollector::server {

ResponseQueue::ResponseQueue()
    : wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (wake_fd_ < 0)
    throw std::system_error(errno, std::generic_category(), "eventfd");
}

ResponseQueue::~ResponseQueue() { close(wake_fd_); }

void ResponseQueue::Send(const std::shared_ptr<PendingRequest>& request,
                         std::optional<HttpResponse> response) noexcept {
  {
    const std::lock_guard lock(mutex_);
    request->response = std::move(response);
    request->sent = true;
    if (!request->suspended) return;
    request->next = std::exchange(sent_, request);
  }
  Wake();
}

bool ResponseQueue::Suspend(PendingRequest& request) {
  const std::lock_guard lock(mutex_);
  request.suspended = !request.sent;
  return request.suspended;
}

std::shared_ptr<PendingRequest> ResponseQueue::Take() {
  eventfd_t count = 0;  // The read fails only if nothing woke the thread.
  static_cast<void>(eventfd_read(wake_fd_, &count));
  const std::lock_guard lock(mutex_);
  return std::exchange(sent_, nullptr);
}

void ResponseQueue::Wake() noexcept {
  // Fails only if the descriptor is readable already.
  static_cast<void>(eventfd_write(wake_fd_, 1));
}

Responder::~Responder() {
  if (request_ != nullptr) request_->queue->Send(request_, std::nullopt);
}

void Responder::Send(HttpResponse response) noexcept {
  const auto request = std::exchange(request_, nullptr);
  if (request != nullptr) request->queue->Send(request, std::move(response));
}

bool Responder::ClientLeft() const noexcept {
  return request_ != nullptr && request_->client_left;
}

}  // namespace containercollector::server
