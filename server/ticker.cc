// SPDX-License-Identifier: Apache-2.0

#include "server/ticker.h"

#include <utility>

namespace containercollector::server {

Ticker::Ticker(std::chrono::milliseconds interval, std::function<void()> tick)
    : thread_([this, interval, tick = std::move(tick)] {
        std::unique_lock lock(mutex_);
        while (!stop_.wait_for(lock, interval, [this] { return stopping_; }))
          tick();
      }) {}

Ticker::~Ticker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

}  // namespace containercollector::server
