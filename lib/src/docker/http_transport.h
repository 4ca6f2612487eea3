// SPDX-License-Identifier: Apache-2.0
/// HTTP requests to a daemon. The only part that knows libcurl.
#ifndef CONTAINERCOLLECTOR_SRC_DOCKER_HTTP_TRANSPORT_H_
#define CONTAINERCOLLECTOR_SRC_DOCKER_HTTP_TRANSPORT_H_

#include <chrono>
#include <memory>
#include <string>

#include "containercollector/call_options.h"
#include "containercollector/client_options.h"
#include "lib/src/docker/daemon_response.h"
#include "lib/src/docker/endpoint.h"
#include "lib/src/docker/idle_pool.h"

namespace containercollector::internal {

/// When a call must end. All requests of one call share it.
struct CallLimit {
  std::chrono::steady_clock::time_point deadline;
  std::chrono::nanoseconds timeout{};  ///< All the time that the call had.
  Cancellation* cancellation = nullptr;
};

/// RAII: owns a libcurl handle for each request that runs at once, and keeps a
/// few of them for later requests. A TCP or TLS connection is kept with its
/// handle; a Unix socket is connected for each request, so that the request
/// reaches whichever daemon the path names now.
///
/// Thread-safe.
class HttpTransport {
 public:
  /// @param options Limits and TLS files; the endpoint in them is not used.
  HttpTransport(Endpoint endpoint, ClientOptions options);
  ~HttpTransport();
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;

  /// @param target Path and query.
  /// @return A whole response, whatever its status.
  /// @throws Error if there is none by the deadline; see failure.h.
  DaemonResponse Get(const std::string& target, const CallLimit& limit);

  const Endpoint& endpoint() const noexcept { return endpoint_; }

 private:
  class Handle;

  const Endpoint endpoint_;
  const ClientOptions options_;
  IdlePool<Handle> idle_;
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_DOCKER_HTTP_TRANSPORT_H_
