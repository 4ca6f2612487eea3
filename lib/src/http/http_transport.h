// SPDX-License-Identifier: Apache-2.0
/// HTTP/1.1 requests to a daemon.
#ifndef CONTAINERCOLLECTOR_SRC_HTTP_HTTP_TRANSPORT_H_
#define CONTAINERCOLLECTOR_SRC_HTTP_HTTP_TRANSPORT_H_

#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "containercollector/runtime_options.h"
#include "lib/src/endpoint.h"
#include "lib/src/http/call_limit.h"
#include "lib/src/http/response.h"

namespace containercollector::internal {

/// A few handles that are idle between requests, each with its connection.
/// Thread-safe.
template <typename Handle>
class IdlePool {
 public:
  IdlePool() = default;
  ~IdlePool() { AbandonParentsHandles(); }
  IdlePool(const IdlePool&) = delete;
  IdlePool& operator=(const IdlePool&) = delete;

  /// Returns an idle handle that can be reused, or null if there is none.
  std::unique_ptr<Handle> Take() {
    const std::lock_guard lock(mutex_);
    AbandonParentsHandles();
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
  /// After a fork(), the connections belong to the parent. The handles leak:
  /// destroying them would end the parent's TLS sessions.
  void AbandonParentsHandles() {
    if (pid_ == getpid()) return;
    for (auto& handle : handles_) static_cast<void>(handle.release());
    handles_.clear();
    pid_ = getpid();
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Handle>> handles_;  // Guarded by mutex_.
  pid_t pid_ = getpid();                          // Guarded by mutex_.
};

/// RAII: owns one libcurl handle per concurrent request and keeps a few of them
/// for later requests. Reuses TCP and TLS connections. Opens a new connection
/// to a Unix socket for each request, which then reaches whichever daemon
/// currently listens at the path.
///
/// Thread-safe.
class HttpTransport {
 public:
  /// @param options Limits and TLS files; their endpoints are ignored.
  HttpTransport(Endpoint endpoint, RuntimeOptions options);
  ~HttpTransport();

  /// @param target Path and query.
  /// @param expected_bytes The probable length of the body, used if the
  /// response does not state it.
  /// @throws Error kInternal if libcurl cannot be used.
  HttpResponse Get(const std::string& target, const CallLimit& limit,
                   std::size_t expected_bytes = 0);

  const Endpoint& endpoint() const noexcept { return endpoint_; }

 private:
  struct Handle;

  const Endpoint endpoint_;
  const RuntimeOptions options_;
  IdlePool<Handle> idle_;
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_HTTP_HTTP_TRANSPORT_H_
