// SPDX-License-Identifier: Apache-2.0

/// HTTP requests to a daemon. The only part that knows libcurl.
#ifndef CONTAINERCOLLECTOR_SRC_DOCKER_HTTP_TRANSPORT_H_
#define CONTAINERCOLLECTOR_SRC_DOCKER_HTTP_TRANSPORT_H_

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "containercollector/client_options.h"
#include "lib/src/docker/endpoint.h"

namespace containercollector::internal {

struct DaemonResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The value of a header, whatever the case of its name; empty where there is
  /// none.
  std::string_view Header(std::string_view name) const noexcept;
};

/// RAII: owns a libcurl handle for each request that runs at once, each with
/// its connection, and keeps them for the next requests. Thread-safety: Get()
/// may be called from many threads at once.
class HttpTransport {
 public:
  /// @param options Limits and TLS files; the host is taken from `endpoint`.
  HttpTransport(Endpoint endpoint, ClientOptions options);
  ~HttpTransport();
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;

  /// @param target Path and query.
  /// @return A whole answer, whatever its status.
  /// @throws Error when there is none by `deadline`.
  DaemonResponse Get(const std::string& target,
                     std::chrono::steady_clock::time_point deadline);

  const Endpoint& endpoint() const noexcept { return endpoint_; }

 private:
  class Handle;

  std::unique_ptr<Handle> TakeHandle();
  void KeepHandle(std::unique_ptr<Handle> handle);

  const Endpoint endpoint_;
  const ClientOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Handle>> idle_;  // Guarded by mutex_.
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_DOCKER_HTTP_TRANSPORT_H_
