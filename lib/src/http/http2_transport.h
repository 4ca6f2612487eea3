// SPDX-License-Identifier: Apache-2.0
/// Concurrent HTTP/2 requests to a service at a Unix socket.
#ifndef CONTAINERCOLLECTOR_SRC_HTTP_HTTP2_TRANSPORT_H_
#define CONTAINERCOLLECTOR_SRC_HTTP_HTTP2_TRANSPORT_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/src/endpoint.h"
#include "lib/src/http/call_limit.h"
#include "lib/src/http/failure.h"
#include "lib/src/http/http_response.h"

namespace containercollector::internal {

struct PostRequest {
  std::size_t id = 0;  ///< The caller's.
  std::string path;
  std::string body;
  /// Time limit, in addition to that of the call.
  std::chrono::nanoseconds timeout = std::chrono::nanoseconds::max();
};

/// A response. If it is incomplete, `failure` says why, and the response has
/// the headers and trailers that arrived.
struct PostResult {
  HttpResponse response;
  std::optional<Failure> failure;
};

/// Sends HTTP/2 requests with prior knowledge.
///
/// Keeps no connections between calls, so a call reaches whichever service
/// currently listens at the path, and there is nothing to share after a fork().
///
/// Thread-safe.
class Http2Transport {
 public:
  /// Returns the next request, if one is ready. Called whenever another request
  /// can be sent.
  using Next = std::function<std::optional<PostRequest>()>;

  /// Called with each result as soon as the request ends, in any order. If it
  /// throws, all requests end and the exception reaches the caller.
  using Done = std::function<void(const PostRequest&, PostResult)>;

  /// @param headers Header lines of each request, e.g. "te: trailers".
  /// @param max_bytes Limit on the response bodies of one call that are in
  /// memory at the same time.
  Http2Transport(Endpoint endpoint, std::vector<std::string> headers,
                 std::chrono::nanoseconds connect_timeout,
                 std::size_t max_bytes);

  /// Sends requests, several at once. Returns when all have ended.
  void PostAll(const Next& next, const CallLimit& limit,
               const Done& done) const;

  /// Returns whether the service speaks HTTP/1.1, as a Docker daemon does.
  /// Waits for at most one second.
  bool SpeaksHttp1(const CallLimit& limit) const;

  const Endpoint& endpoint() const noexcept { return endpoint_; }

 private:
  class Call;

  const Endpoint endpoint_;
  const std::vector<std::string> headers_;
  const std::chrono::nanoseconds connect_timeout_;
  const std::size_t max_bytes_;
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_HTTP_HTTP2_TRANSPORT_H_
