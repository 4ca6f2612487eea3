// SPDX-License-Identifier: Apache-2.0

/// @file
/// Which containers to list.
#ifndef CONTAINERCOLLECTOR_LIST_OPTIONS_H_
#define CONTAINERCOLLECTOR_LIST_OPTIONS_H_

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "containercollector/export.h"

namespace containercollector {

/// Filters by name, each with the values that match, e.g. `{{"status",
/// {"running", "paused"}}}`. Values of one name are alternatives (for "label":
/// all must match), names narrow each other. Which names there are is the
/// daemon's to say. Mirrors moby v19.03.15 api/types/filters/parse.go, Args.
using Filters = std::map<std::string, std::set<std::string>>;

/// Mirrors moby v19.03.15 api/types/client.go, ContainerListOptions, with one
/// other default: all containers are listed.
struct ListOptions {
  bool all = true;    ///< Stopped containers too, not only the running ones.
  bool size = false;  ///< Fill in the sizes of a container. The daemon walks
                      ///< its files for that: slow.
  /// At most so many, newest first; 0 or less: no limit.
  int limit = 0;
  Filters filters;
};

CONTAINERCOLLECTOR_EXPORT bool operator==(const ListOptions& a,
                                          const ListOptions& b);
inline bool operator!=(const ListOptions& a, const ListOptions& b) {
  return !(a == b);
}

/// Some order, so that options can be the key of a map.
CONTAINERCOLLECTOR_EXPORT bool operator<(const ListOptions& a,
                                         const ListOptions& b);

/// Reads options from a URL's query string (without the "?"), with Docker's
/// names and Docker's syntax: `all` and `size` are false when empty or "0",
/// "no", "false" or "none", else true; `limit` is a whole number; `filters` is
/// JSON,
/// `{"status":["running"]}` or `{"status":{"running":true}}`. Names it does not
/// know are left out, as Docker does; of a repeated name the first counts.
/// @throws Error kInvalidArgument, with a text that names the parameter.
CONTAINERCOLLECTOR_EXPORT ListOptions ParseListOptions(std::string_view query);

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_LIST_OPTIONS_H_
