// SPDX-License-Identifier: Apache-2.0

/// Which requests are not safe to read on.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_REQUEST_HEAD_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_REQUEST_HEAD_H_

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "server/answer.h"

namespace containercollector::server {

/// The first line and the headers of a request, as libmicrohttpd understood
/// them.
struct RequestHead {
  std::string_view method;
  std::string_view target;
  std::string_view version;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::size_t bytes = 0;  ///< How long it really was.
};

/// As names of headers are compared.
bool EqualsIgnoringCase(std::string_view a, std::string_view b);

struct RequestLimits {
  std::size_t max_header_bytes = 0;
  std::size_t max_body_bytes = 0;
};

/// The answer that refuses a request whose end is uncertain, which two servers
/// could understand differently, or which is too large. Null where all is well.
Answer RefuseHead(const RequestHead& head, const RequestLimits& limits);

/// 413
Answer BodyTooLarge(std::size_t max_body_bytes);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_REQUEST_HEAD_H_
