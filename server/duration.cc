// SPDX-License-Identifier: Apache-2.0

#include "server/duration.h"

#include <charconv>
#include <cstdint>

namespace containercollector::server {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongest = std::chrono::hours(24 * 365);

std::optional<milliseconds> ParseUnit(std::string_view unit) {
  if (unit == "ms") return milliseconds(1);
  if (unit == "s") return std::chrono::seconds(1);
  if (unit == "m") return std::chrono::minutes(1);
  if (unit == "h") return std::chrono::hours(1);
  return std::nullopt;
}

}  // namespace

std::optional<milliseconds> ParseDuration(std::string_view text) {
  std::uint32_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] =
      std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc()) return std::nullopt;
  const auto unit =
      ParseUnit(std::string_view(rest, static_cast<std::size_t>(end - rest)));
  // 32 bits of hours fit in the 64 bits of milliseconds.
  if (!unit || count * *unit > kLongest) return std::nullopt;
  return count * *unit;
}

std::string ToText(milliseconds duration) {
  const auto count = duration.count();
  return count % 1000 == 0 ? std::to_string(count / 1000) + "s"
                           : std::to_string(count) + "ms";
}

}  // namespace containercollector::server
