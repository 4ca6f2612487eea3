// SPDX-License-Identifier: Apache-2.0
/// The query string of `GET /containers/json`.
#ifndef CONTAINERCOLLECTOR_SRC_DOCKER_LIST_QUERY_H_
#define CONTAINERCOLLECTOR_SRC_DOCKER_LIST_QUERY_H_

#include <string>

#include "containercollector/list_options.h"

namespace containercollector::internal {

/// Returns the query with its "?"; empty if all options are the daemon's
/// defaults.
std::string ListQuery(const ListOptions& options);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_DOCKER_LIST_QUERY_H_
