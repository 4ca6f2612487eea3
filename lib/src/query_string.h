// SPDX-License-Identifier: Apache-2.0

/// Query strings of URLs.
#ifndef CONTAINERCOLLECTOR_SRC_QUERY_STRING_H_
#define CONTAINERCOLLECTOR_SRC_QUERY_STRING_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace containercollector::internal {

/// Returns the text with %XX for each byte that a query value cannot hold.
std::string PercentEncode(std::string_view text);

/// Returns the names and values in order, decoded; std::nullopt if a "%" is not
/// followed by two hexadecimal digits.
std::optional<std::vector<std::pair<std::string, std::string>>>
ParseQueryString(std::string_view query);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_QUERY_STRING_H_
