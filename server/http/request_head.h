// SPDX-License-Identifier: Apache-2.0
/// Rejects malformed or ambiguous requests, and those that a web page sent.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_REQUEST_HEAD_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_REQUEST_HEAD_H_

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "server/http/http_server.h"

namespace containercollector::server {

/// The largest head of a request that the server accepts.
inline constexpr std::size_t kMaxHeaderBytes = std::size_t{16} << 10;

/// How much of an oversized body the server discards beyond the limit before it
/// sends the 413, because a client that is still sending does not read it.
inline constexpr std::size_t kMaxDiscardedBytes = std::size_t{32} << 20;

/// The request line and the headers of a request, as libmicrohttpd parsed them.
struct RequestHead {
  /// Returns the values of all headers with this name, in any case.
  std::vector<std::string_view> Values(std::string_view name) const;

  std::string_view method;
  std::string_view target;
  std::string_view version;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::size_t bytes = 0;  ///< Its size as received.
};

/// Returns the response that rejects a request, or nothing if the request is
/// valid.
///
/// - 400, 413 or 431: two servers could interpret the request differently, or
///   it is too large. Leaves it to the caller to discard an oversized body,
///   unless the client waits for permission to send it or it is too large even
///   for that.
/// - 403: a web page may have sent the request. It has an `Origin`, comes from
///   another site, or its `Host` is not an IP address, `localhost` or an
///   allowed host: by DNS rebinding, a page could read the response under a
///   name of its own.
std::optional<HttpResponse> CheckHead(const RequestHead& head,
                                      const HttpOptions& options);

/// Returns the 413 for a body over the limit.
HttpResponse BodyTooLarge(std::size_t max_body_bytes);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_REQUEST_HEAD_H_
