// SPDX-License-Identifier: Apache-2.0
/// Rejects requests that are not safe to read on, or that a web page sent.
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

/// How much of a too large body the server reads after the limit, before it
/// sends the 413: a client that is still sending does not read the response.
inline constexpr std::size_t kMaxDiscardedBytes = std::size_t{32} << 20;

/// Returns the response that rejects a request which two servers could read
/// differently, or which is too large; a body only if the client waits for
/// leave to send it, or if it is too large to be discarded. Returns nothing if
/// all is well.
std::optional<HttpResponse> CheckHead(const RequestHead& head,
                                      const RequestLimits& limits);

/// Returns the 403 for a request with an `Origin` or from another site, which
/// any page can send, and for one whose `Host` is neither an IP address,
/// `localhost` nor one of the allowed hosts: by DNS rebinding, a page could
/// read the response under a name of its own. Returns nothing if all is well.
std::optional<HttpResponse> CheckSource(const RequestHead& head,
                                        const HttpOptions& options);

/// Returns the 413 for a body over the limit.
HttpResponse BodyTooLarge(std::size_t max_body_bytes);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_REQUEST_HEAD_H_
