// SPDX-License-Identifier: Apache-2.0

/// Encodes the filters of a request as JSON. Containers: see
/// containercollector/json.h.
#ifndef CONTAINERCOLLECTOR_SRC_JSON_ENCODER_H_
#define CONTAINERCOLLECTOR_SRC_JSON_ENCODER_H_

#include <string>

#include "containercollector/list_options.h"

namespace containercollector::internal {

/// `{"status":{"running":true}}`: API version 1.22 and newer.
std::string EncodeFilters(const Filters& filters);

/// `{"status":["running"]}`: what older API versions take.
std::string EncodeFiltersAsLists(const Filters& filters);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_JSON_ENCODER_H_
