// SPDX-License-Identifier: Apache-2.0
#include "containercollector/call_options.h"

#include <algorithm>
#include <string>
#include <utility>

#include "lib/src/http/call_limit.h"

namespace containercollector {

void Cancellation::Cancel() {
  cancelled_ = true;
  const std::lock_guard lock(mutex_);
  for (const auto& wake : wakes_) wake();
}

namespace internal {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

CallLimit CallLimit::Of(const CallOptions& call, nanoseconds timeout) {
  CallLimit limit{steady_clock::now() + timeout, timeout, call.cancellation};
  if (call.deadline && *call.deadline < limit.deadline) {
    limit.deadline = *call.deadline;
    limit.timeout = limit.TimeLeft();
  }
  return limit;
}

nanoseconds CallLimit::TimeLeft() const {
  return std::max<nanoseconds>(deadline - steady_clock::now(), nanoseconds(0));
}

void CallLimit::Shorten(nanoseconds most) {
  deadline = std::min(deadline, steady_clock::now() + most);
  timeout = std::min(timeout, most);
}

void CallLimit::Check(const char* what) const {
  const bool cancelled = cancellation != nullptr && cancellation->cancelled();
  if (!cancelled && TimeLeft() > nanoseconds(0)) return;
  throw Error(
      cancelled ? ErrorCode::kCancelled : ErrorCode::kTimeout,
      std::string("The collection was ") +
          (cancelled ? "cancelled by its caller" : "not finished in time") +
          " while " + what + ".");
}

CancellationWake::CancellationWake(Cancellation* cancellation,
                                   std::function<void()> wake)
    : cancellation_(cancellation) {
  if (cancellation_ == nullptr) return;
  const std::lock_guard lock(cancellation_->mutex_);
  auto& wakes = cancellation_->wakes_;
  entry_ = wakes.insert(wakes.end(), std::move(wake));
}

CancellationWake::~CancellationWake() {
  if (cancellation_ == nullptr) return;
  const std::lock_guard lock(cancellation_->mutex_);
  cancellation_->wakes_.erase(entry_);
}

}  // namespace internal
}  // namespace containercollector
