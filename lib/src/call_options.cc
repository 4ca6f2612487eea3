// SPDX-License-Identifier: Apache-2.0
#include "containercollector/call_options.h"

#include <utility>

namespace containercollector {

void Cancellation::Cancel() {
  cancelled_ = true;
  const std::lock_guard lock(mutex_);
  for (const auto& wake : wakes_) wake();
}

Cancellation::Wake::Wake(Cancellation& cancellation, std::function<void()> wake)
    : cancellation_(cancellation) {
  const std::lock_guard lock(cancellation_.mutex_);
  entry_ =
      cancellation_.wakes_.insert(cancellation_.wakes_.end(), std::move(wake));
}

Cancellation::Wake::~Wake() {
  const std::lock_guard lock(cancellation_.mutex_);
  cancellation_.wakes_.erase(entry_);
}

}  // namespace containercollector
