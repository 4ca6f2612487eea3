// SPDX-License-Identifier: Apache-2.0
/// Text as Go treats it, and numbers in texts.
#ifndef CONTAINERCOLLECTOR_SRC_TEXT_H_
#define CONTAINERCOLLECTOR_SRC_TEXT_H_

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace containercollector::internal {

inline bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

/// Returns the number that the whole text is; std::nullopt if it is none, or
/// exceeds the type. Only signed types accept a minus sign.
template <typename Integer>
std::optional<Integer> ParseNumber(std::string_view text, int base = 10) {
  Integer number{};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, base);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

bool IsValidUtf8(std::string_view text) noexcept;

/// Returns the text with each invalid UTF-8 byte replaced by U+FFFD.
std::string RepairUtf8(std::string_view text);

/// Returns whether Go's encoding/json matches `key` to the field `name`.
/// Letters match in either case, and so do the two other characters that
/// Unicode folds to ASCII: U+017F to "s" and U+212A, the Kelvin sign, to "k".
/// @param name ASCII.
bool EqualFold(std::string_view name, std::string_view key) noexcept;

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_TEXT_H_
