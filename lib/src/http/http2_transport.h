// SPDX-License-Identifier: Apache-2.0
/// HTTP/2 requests to a service at a Unix socket, many at once.
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
  /// Time limit, besides that of the call.
  std::chrono::nanoseconds timeout = std::chrono::nanoseconds::max();
};

/// A response; or why it is not whole, and the headers and trailers that
/// arrived.
struct PostResult {
  HttpResponse response;
  std::optional<Failure> failure;
};

/// Sends requests in HTTP/2 with prior knowledge.
///
/// Keeps no connection between two calls, so that a call reaches whichever
/// service the path names now, and so that a fork() has nothing to share.
///
/// Thread-safe.
class Http2Transport {
 public:
  /// Returns the next request to send, if there is one now. Called whenever
  /// another can be sent.
  using Next = std::function<std::optional<PostRequest>()>;

  /// Gets the result of a request as soon as it has ended, in any order. An
  /// exception ends all requests and reaches the caller.
  using Done = std::function<void(const PostRequest&, PostResult)>;

  /// @param headers Header lines of each request, e.g. "te: trailers".
  /// @param max_bytes Bound on the bodies of one call that arrive at the same
  /// time.
  Http2Transport(Endpoint endpoint, std::vector<std::string> headers,
                 std::chrono::nanoseconds connect_timeout,
                 std::size_t max_bytes);

  /// Sends requests, some of them at once. Returns when all have ended.
  void PostAll(const Next& next, const CallLimit& limit,
               const Done& done) const;

  /// Asks whether what listens there speaks HTTP/1.1, as a Docker daemon does.
  /// Waits for a second at most.
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
