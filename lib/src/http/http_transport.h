// SPDX-License-Identifier: Apache-2.0
/// HTTP/1.1 requests to a daemon.
#ifndef CONTAINERCOLLECTOR_SRC_HTTP_HTTP_TRANSPORT_H_
#define CONTAINERCOLLECTOR_SRC_HTTP_HTTP_TRANSPORT_H_

#include <cstddef>
#include <string>
#include <variant>

#include "containercollector/runtime_options.h"
#include "lib/src/endpoint.h"
#include "lib/src/http/call_limit.h"
#include "lib/src/http/failure.h"
#include "lib/src/http/http_response.h"
#include "lib/src/http/idle_pool.h"

namespace containercollector::internal {

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
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;

  /// @param target Path and query.
  /// @param expected_bytes The probable length of the body, used if the
  /// response does not state it.
  /// @return A complete response, whatever its status, or why there is none by
  /// the deadline.
  /// @throws Error kInternal if libcurl cannot be used.
  std::variant<HttpResponse, Failure> Get(const std::string& target,
                                          const CallLimit& limit,
                                          std::size_t expected_bytes = 0);

  const Endpoint& endpoint() const noexcept { return endpoint_; }

 private:
  class Handle;

  const Endpoint endpoint_;
  const RuntimeOptions options_;
  IdlePool<Handle> idle_;
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_HTTP_HTTP_TRANSPORT_H_
