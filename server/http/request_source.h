// SPDX-License-Identifier: Apache-2.0
/// Rejects requests that a web page makes a browser send.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_REQUEST_SOURCE_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_REQUEST_SOURCE_H_

#include <optional>

#include "server/http/http_message.h"
#include "server/http/http_options.h"
#include "server/http/request_head.h"

namespace containercollector::server {

/// Returns the 403 for a request with an `Origin` or from another site, which
/// any page can send, and for one whose `Host` is neither an IP address,
/// `localhost` nor one of the allowed hosts: by DNS rebinding, a page could
/// read the response under a name of its own. Returns nothing if all is well.
std::optional<HttpResponse> CheckSource(const RequestHead& head,
                                        const HttpOptions& options);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_REQUEST_SOURCE_H_
