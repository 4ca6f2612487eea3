// SPDX-License-Identifier: Apache-2.0
/// Rejects malformed or ambiguous requests, and those that a web page sent.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_REQUEST_HEAD_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_REQUEST_HEAD_H_

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "server/http/http_handler.h"
#include "server/http/http_message.h"

namespace containercollector::server {

/// The request line and the headers of a request, as libmicrohttpd parsed them.
struct RequestHead {
  std::string_view method;
  std::string_view target;
  std::string_view version;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::size_t bytes = 0;  ///< Its size as received.
};

/// Compares ASCII letters regardless of case, as header names are.
bool EqualsIgnoringCase(std::string_view a, std::string_view b);

struct RequestLimits {
  std::size_t max_header_bytes = 0;
  std::size_t max_body_bytes = 0;
};

/// How much of an oversized body the server discards beyond the limit before it
/// sends the 413, because a client that is still sending does not read it.
inline constexpr std::size_t kMaxDiscardedBytes = std::size_t{32} << 20;

/// Returns the response that rejects a request, or nothing if the request is
/// valid. Rejects requests that two servers could interpret differently, and
/// those that are too large. Leaves it to the caller to discard an oversized
/// body, unless the client waits for permission to send it or it is too large
/// even for that.
std::optional<HttpResponse> CheckHead(const RequestHead& head,
                                      const RequestLimits& limits);

/// Returns a 403 for a request that a web page may have sent: one with an
/// `Origin`, one from another site, or one whose `Host` is not an IP address,
/// `localhost` or an allowed host. With DNS rebinding, a page could read the
/// response under a name of its own. Returns nothing for any other request.
std::optional<HttpResponse> CheckSource(const RequestHead& head,
                                        const HttpOptions& options);

/// Returns the 413 for a body over the limit.
HttpResponse BodyTooLarge(std::size_t max_body_bytes);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_REQUEST_HEAD_H_
