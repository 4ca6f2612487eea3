// SPDX-License-Identifier: Apache-2.0
#include "server/http/responder.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace containercollector::server {

WakeEvent::WakeEvent() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0)
    throw std::system_error(errno, std::generic_category(), "eventfd");
}

WakeEvent::~WakeEvent() { close(fd_); }

// Each fails only if the event is in that state already.

void WakeEvent::Set() noexcept { static_cast<void>(eventfd_write(fd_, 1)); }

void WakeEvent::Clear() noexcept {
  eventfd_t count = 0;
  static_cast<void>(eventfd_read(fd_, &count));
}

bool InFlightBodies::Add(const Body& body) {
  const std::size_t size = body->size();
  if (size <= kShortBody) return true;
  if (const auto known = uses_.find(body.get()); known != uses_.end()) {
    ++known->second;
    return true;
  }
  if (bytes_ > 0 && bytes_ + size > max_bytes_) return false;
  uses_.emplace(body.get(), 1);
  bytes_ += size;
  return true;
}

void InFlightBodies::Remove(const Body& body) {
  const auto known = uses_.find(body.get());
  if (known == uses_.end() || --known->second > 0) return;
  bytes_ -= body->size();
  uses_.erase(known);
}

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
