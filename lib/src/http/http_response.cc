// SPDX-License-Identifier: Apache-2.0
#include "lib/src/http/http_response.h"

#include <strings.h>

#include <algorithm>

namespace containercollector::internal {
namespace {

bool HasName(const HeaderLines::value_type& line,
             std::string_view name) noexcept {
  return line.first.size() == name.size() &&
         strncasecmp(line.first.data(), name.data(), name.size()) == 0;
}

}  // namespace

std::size_t CountHeader(const HeaderLines& lines,
                        std::string_view name) noexcept {
  return static_cast<std::size_t>(
      std::count_if(lines.begin(), lines.end(),
                    [&](const auto& line) { return HasName(line, name); }));
}

std::string_view FindHeader(const HeaderLines& lines,
                            std::string_view name) noexcept {
  const auto found =
      std::find_if(lines.begin(), lines.end(),
                   [&](const auto& line) { return HasName(line, name); });
  return found != lines.end() ? std::string_view(found->second)
                              : std::string_view();
}

}  // namespace containercollector::internal
