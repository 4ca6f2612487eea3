// SPDX-License-Identifier: Apache-2.0
/// Text as Go treats it.
#ifndef CONTAINERCOLLECTOR_SRC_TEXT_H_
#define CONTAINERCOLLECTOR_SRC_TEXT_H_

#include <string>
#include <string_view>

namespace containercollector::internal {

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
