// SPDX-License-Identifier: Apache-2.0
/// A whole HTTP response of a daemon.
#ifndef CONTAINERCOLLECTOR_SRC_HTTP_HTTP_RESPONSE_H_
#define CONTAINERCOLLECTOR_SRC_HTTP_HTTP_RESPONSE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace containercollector::internal {

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// Returns the value of a header, whatever the case of its name; empty if
  /// there is none.
  std::string_view Header(std::string_view name) const noexcept;
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_HTTP_HTTP_RESPONSE_H_
