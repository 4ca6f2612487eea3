// SPDX-License-Identifier: Apache-2.0

/// Encodes JSON, without line breaks, always in valid UTF-8. See also
/// containercollector/json.h.
///
/// Not RapidJSON's Writer: its buffer ignores a failed allocation, its result
/// would have to be copied, and it takes three times as long for short strings.
#ifndef CONTAINERCOLLECTOR_SRC_JSON_ENCODER_H_
#define CONTAINERCOLLECTOR_SRC_JSON_ENCODER_H_

#include <string>
#include <string_view>

#include "containercollector/list_options.h"
#include "containercollector/types.h"

namespace containercollector::internal {

/// Appends a text as a JSON string, with U+FFFD for each byte that is not part
/// of valid UTF-8.
void AppendJsonString(std::string_view text, std::string& json);

void AppendContainer(const Container& container, std::string& json);

/// `{"status":{"running":true}}`: API version 1.22 and newer.
std::string EncodeFilters(const Filters& filters);

/// `{"status":["running"]}`: what older API versions take.
std::string EncodeFiltersAsLists(const Filters& filters);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_JSON_ENCODER_H_
