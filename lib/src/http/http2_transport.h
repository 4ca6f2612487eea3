// SPDX-License-Identifier: Apache-2.0
/// HTTP/2 requests to a service at a Unix socket, many at once.
#ifndef CONTAINERCOLLECTOR_SRC_HTTP_HTTP2_TRANSPORT_H_
#define CONTAINERCOLLECTOR_SRC_HTTP_HTTP2_TRANSPORT_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "lib/src/endpoint.h"
#include "lib/src/http/call_limit.h"
#include "lib/src/http/failure.h"
#include "lib/src/http/http_response.h"

namespace containercollector::internal {

struct PostRequest {
  std::string path;
  std::string body;
};

/// Why a POST got no whole response, and the headers that came before.
struct PostFailure {
  Failure failure;
  HttpResponse head;
};

/// Sends requests in HTTP/2 with prior knowledge.
///
/// Keeps no connection between two calls, so that a call reaches whichever
/// service the path names now, and so that a fork() has nothing to share.
///
/// Thread-safe.
class Http2Transport {
 public:
  using PostResult = std::variant<HttpResponse, PostFailure>;

  /// Gets the result of the request with an index, as soon as it has ended, in
  /// any order. An exception ends all requests and reaches the caller.
  using Done = std::function<void(std::size_t index, PostResult result)>;

  /// @param headers Header lines of each request, e.g. "te: trailers".
  /// @param max_bytes Bound on all bodies of one call together.
  Http2Transport(Endpoint endpoint, std::vector<std::string> headers,
                 std::chrono::nanoseconds connect_timeout,
                 std::size_t max_bytes);

  /// Sends all requests, some of them at once. Returns when all have ended.
  void PostAll(const std::vector<PostRequest>& requests, const CallLimit& limit,
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
