// SPDX-License-Identifier: Apache-2.0
#include "server/http/responder.h"

#include <utility>

namespace containercollector::server {

void ResponseQueue::Send(const std::shared_ptr<PendingRequest>& request,
                         std::optional<HttpResponse> response) noexcept {
  {
    const std::lock_guard lock(mutex_);
    request->response = std::move(response);
    request->sent = true;
    if (!request->suspended) return;
    request->next = std::exchange(sent_, request);
  }
  wake_.Set();
}

bool ResponseQueue::IsSent(const PendingRequest& request) {
  const std::lock_guard lock(mutex_);
  return request.sent;
}

bool ResponseQueue::Suspend(PendingRequest& request) {
  const std::lock_guard lock(mutex_);
  request.suspended = !request.sent;
  return request.suspended;
}

std::shared_ptr<PendingRequest> ResponseQueue::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(sent_, nullptr);
}

Responder::Responder(std::shared_ptr<ResponseQueue> queue,
                     std::shared_ptr<PendingRequest> request) noexcept
    : queue_(std::move(queue)), request_(std::move(request)) {}

Responder::~Responder() {
  if (request_ != nullptr) queue_->Send(request_, std::nullopt);
}

void Responder::Send(HttpResponse response) noexcept {
  if (request_ == nullptr) return;
  queue_->Send(std::exchange(request_, nullptr), std::move(response));
}

bool Responder::ClientLeft() const noexcept {
  return request_ != nullptr && request_->client_left;
}

}  // namespace containercollector::server
