// SPDX-License-Identifier: Apache-2.0
/// Handles that are idle between requests.
#ifndef CONTAINERCOLLECTOR_SRC_HTTP_IDLE_POOL_H_
#define CONTAINERCOLLECTOR_SRC_HTTP_IDLE_POOL_H_

#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace containercollector::internal {

/// A few handles, each with its connection. Thread-safe.
template <typename Handle>
class IdlePool {
 public:
  IdlePool() = default;
  ~IdlePool() {
    if (pid_ != getpid()) AbandonParentsHandles();
  }
  IdlePool(const IdlePool&) = delete;
  IdlePool& operator=(const IdlePool&) = delete;

  /// Returns an idle handle that can be reused, or null if there is none.
  std::unique_ptr<Handle> Take() {
    const std::lock_guard lock(mutex_);
    if (pid_ != getpid()) AbandonParentsHandles();
    while (!handles_.empty()) {
      auto handle = std::move(handles_.back());
      handles_.pop_back();
      if (handle->IsClean()) return handle;
    }
    return nullptr;
  }

  /// Keeps a handle, or destroys it if enough are idle.
  void Keep(std::unique_ptr<Handle> handle) {
    constexpr std::size_t kMaxHandles = 8;
    const std::lock_guard lock(mutex_);
    if (handles_.size() < kMaxHandles) handles_.push_back(std::move(handle));
  }

 private:
  /// Abandons the handles after a fork(), because their connections belong to
  /// the parent. They leak: destroying them would end the parent's TLS
  /// sessions.
  void AbandonParentsHandles() {
    for (auto& handle : handles_) static_cast<void>(handle.release());
    handles_.clear();
    pid_ = getpid();
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Handle>> handles_;  // Guarded by mutex_.
  pid_t pid_ = getpid();                          // Guarded by mutex_.
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_HTTP_IDLE_POOL_H_
