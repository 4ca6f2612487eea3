// SPDX-License-Identifier: Apache-2.0

/// Durations as people write them.
#ifndef CONTAINERCOLLECTOR_SERVER_DURATION_H_
#define CONTAINERCOLLECTOR_SERVER_DURATION_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace containercollector::server {

/// Reads "25s", "1500ms", "1m" or "2h": a whole number and a unit, up to a
/// year.
std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text);

/// Writes seconds where they are whole, else milliseconds.
std::string ToText(std::chrono::milliseconds duration);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_DURATION_H_
