// SPDX-License-Identifier: Apache-2.0

/// The query strings of URLs, and the list options in them. Implemented in
/// list_options.cc.
#ifndef CONTAINERCOLLECTOR_SRC_QUERY_STRING_H_
#define CONTAINERCOLLECTOR_SRC_QUERY_STRING_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "containercollector/list_options.h"

namespace containercollector::internal {

/// Returns the text with %XX for each byte that a query value must not contain.
std::string PercentEncode(std::string_view text);

/// Decoded names and values, in order.
using QueryParameters = std::vector<std::pair<std::string, std::string>>;

/// @throws Error kInvalidArgument if a "%" is not followed by two hexadecimal
/// digits.
QueryParameters ParseQueryString(std::string_view query);

/// Returns the first value of a parameter, or null if there is none.
const std::string* FindParameter(const QueryParameters& parameters,
                                 std::string_view name);

/// @throws Error kInvalidArgument, always.
/// @param why What to use instead.
[[noreturn]] void RejectParameter(std::string_view name, std::string_view value,
                                  std::string_view why);

/// Does the same as the public function of this name, for a parsed query.
ListOptions ParseListOptions(const QueryParameters& parameters);

/// @throws Error kInvalidArgument; the text says what to use instead.
void CheckOptions(const ListOptions& options);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_QUERY_STRING_H_
