// SPDX-License-Identifier: Apache-2.0
#include "lib/src/docker/list_query.h"

#include <string_view>

#include "lib/src/json/encoder.h"
#include "lib/src/query_string.h"

namespace containercollector::internal {

std::string ListQuery(const ListOptions& options) {
  std::string query;
  const auto add = [&](std::string_view name, std::string_view value) {
    query.append(query.empty() ? "?" : "&")
        .append(name)
        .append("=")
        .append(value);
  };
  if (options.all) add("all", "1");
  if (options.limit > 0) add("limit", std::to_string(options.limit));
  if (options.size) add("size", "1");
  if (!options.filters.empty())
    add("filters", PercentEncode(EncodeFilters(options.filters)));
  return query;
}

}  // namespace containercollector::internal
