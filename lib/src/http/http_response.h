// SPDX-License-Identifier: Apache-2.0
/// A complete HTTP response of a daemon.
#ifndef CONTAINERCOLLECTOR_SRC_HTTP_HTTP_RESPONSE_H_
#define CONTAINERCOLLECTOR_SRC_HTTP_HTTP_RESPONSE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace containercollector::internal {

/// Names, in any case, and their values.
using HeaderLines = std::vector<std::pair<std::string, std::string>>;

/// Returns the number of lines with this name.
std::size_t CountHeader(const HeaderLines& lines,
                        std::string_view name) noexcept;

/// Returns the first value with this name; empty if there is none.
std::string_view FindHeader(const HeaderLines& lines,
                            std::string_view name) noexcept;

struct HttpResponse {
  int status = 0;
  HeaderLines headers;
  HeaderLines trailers;
  std::string body;

  /// Returns the value of a header; empty if there is none.
  std::string_view Header(std::string_view name) const noexcept {
    return FindHeader(headers, name);
  }
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_HTTP_HTTP_RESPONSE_H_
