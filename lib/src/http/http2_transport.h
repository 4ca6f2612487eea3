// SPDX-License-Identifier: Apache-2.0
/// Concurrent gRPC requests over HTTP/2 to a service at a Unix socket.
#ifndef CONTAINERCOLLECTOR_SRC_HTTP_HTTP2_TRANSPORT_H_
#define CONTAINERCOLLECTOR_SRC_HTTP_HTTP2_TRANSPORT_H_

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "containercollector/runtime_options.h"
#include "lib/src/endpoint.h"
#include "lib/src/http/call_limit.h"
#include "lib/src/http/response.h"

namespace containercollector::internal {

struct PostRequest {
  std::string path;
  std::string body;
  /// Time limit, in addition to that of the call.
  std::chrono::nanoseconds timeout = std::chrono::nanoseconds::max();
  /// Called with the response as soon as the request ends. If it throws, all
  /// requests end and the exception reaches the caller.
  std::function<void(HttpResponse)> done;
};

/// Sends HTTP/2 requests with prior knowledge. Thread-safe.
///
/// Keeps no connections between calls, so a call reaches whichever service
/// currently listens at the path, and there is nothing to share after a fork().
class Http2Transport {
 public:
  /// Returns the next request, if one is ready. Called whenever another request
  /// can be sent.
  using Next = std::function<std::optional<PostRequest>()>;

  /// @param options Limits. max_response_bytes applies to the response bodies
  /// of one call that are in memory at the same time.
  Http2Transport(Endpoint endpoint, RuntimeOptions options);

  /// Sends requests, several at once. Returns when all have ended.
  void PostAll(const Next& next, const CallLimit& limit) const;

  const Endpoint& endpoint() const noexcept { return endpoint_; }
  const RuntimeOptions& options() const noexcept { return options_; }

 private:
  class Call;

  const Endpoint endpoint_;
  const RuntimeOptions options_;
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_HTTP_HTTP2_TRANSPORT_H_
