// SPDX-License-Identifier: Apache-2.0

#include "server/collect/batcher.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace containercollector::server {

using std::chrono::steady_clock;

Batcher::Batcher(Call call, Options options)
    : call_(std::move(call)),
      options_(std::move(options)),
      failure_(TextAnswer(
          500,
          "Collecting containers failed: most likely this process is out "
          "of memory. Look at its memory limit.")) {
  threads_.reserve(options_.max_calls);
  for (std::size_t i = 0; i < options_.max_calls; ++i)
    threads_.emplace_back([this] { RunCalls(); });
}

Batcher::~Batcher() { Shutdown(std::chrono::milliseconds(0), failure_); }

Batcher::Joined Batcher::Join(const ListOptions& options, Respond respond) {
  const std::lock_guard lock(mutex_);
  if (closed_) return Joined::kClosed;
  if (waiting_ >= options_.max_waiting) return Joined::kFull;
  const auto group = groups_.try_emplace(options).first;
  auto& [running, waiting, waiting_since] = group->second;
  waiting.push_back(std::move(respond));
  ++waiting_;
  if (waiting.size() == 1) {
    waiting_since = steady_clock::now();
    if (!running) {
      ready_.push_back(group);
      changed_.notify_all();
    }
  }
  return Joined::kYes;
}

std::size_t Batcher::Waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

void Batcher::RunCalls() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !ready_.empty(); });
    if (ready_.empty()) return;

    const auto group = ready_.front();
    ready_.pop_front();
    changed_.notify_all();
    group->second.running = true;
    // From here on, requests join the next batch: the call begins now.
    const std::vector<Respond> batch = std::move(group->second.waiting);
    group->second.waiting.clear();

    lock.unlock();
    Answer answer;
    try {
      options_.on_batch(batch.size());
      answer = call_(group->first);
    } catch (const std::exception&) {
      // Made before, it needs no memory now.
      answer = failure_;
    }
    lock.lock();

    waiting_ -= batch.size();
    group->second.running = false;
    if (group->second.waiting.empty()) {
      groups_.erase(group);
    } else {
      ready_.push_back(group);
      changed_.notify_all();
    }

    lock.unlock();
    for (const Respond& respond : batch) respond(answer);
    lock.lock();
  }
}

std::vector<Respond> Batcher::TakeWaitingSince(steady_clock::time_point time) {
  std::vector<Respond> taken;
  for (auto group = groups_.begin(); group != groups_.end();) {
    auto& [running, waiting, waiting_since] = group->second;
    if (waiting.empty() || waiting_since >= time) {
      ++group;
      continue;
    }
    std::move(waiting.begin(), waiting.end(), std::back_inserter(taken));
    waiting.clear();
    if (running) {
      ++group;
    } else {
      ready_.erase(std::find(ready_.begin(), ready_.end(), group));
      group = groups_.erase(group);
    }
  }
  waiting_ -= taken.size();
  return taken;
}

void Batcher::RefuseWaitingSince(steady_clock::time_point time,
                                 const Answer& answer) {
  std::vector<Respond> refused;
  {
    const std::lock_guard lock(mutex_);
    refused = TakeWaitingSince(time);
  }
  for (const Respond& respond : refused) respond(answer);
}

void Batcher::Shutdown(std::chrono::milliseconds grace, const Answer& answer) {
  std::vector<Respond> refused;
  {
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    closed_ = true;
    changed_.wait_for(lock, grace, [this] {
      return std::all_of(groups_.begin(), groups_.end(), [](const auto& group) {
        return group.second.waiting.empty();
      });
    });
    refused = TakeWaitingSince(steady_clock::time_point::max());
    stopping_ = true;
    changed_.notify_all();
  }
  for (const Respond& respond : refused) respond(answer);
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace containercollector::server
