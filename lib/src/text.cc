// SPDX-License-Identifier: Apache-2.0
#include "lib/src/text.h"

#include <array>

namespace containercollector::internal {
namespace {

unsigned char ByteAt(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

std::size_t AsciiPrefixLength(std::string_view text) noexcept {
  std::size_t length = 0;
  while (length + sizeof(std::uint64_t) <= text.size() &&
         (LoadWord(text.data() + length) & kHighBits) == 0)
    length += sizeof(std::uint64_t);
  while (length < text.size() && ByteAt(text, length) < 0x80) ++length;
  return length;
}

/// Returns the length of the first character, or 0 if it is not valid UTF-8.
std::size_t CharacterLength(std::string_view text) noexcept {
  const unsigned first = ByteAt(text, 0);
  if (first < 0x80) return 1;
  if (first < 0xC0 || first >= 0xF8) return 0;
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (text.size() < length) return 0;

  std::uint32_t code_point = first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const unsigned next = ByteAt(text, i);
    if (next < 0x80 || next >= 0xC0) return 0;
    code_point = code_point << 6U | (next & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> kShortest = {0, 0, 0x80, 0x800,
                                                      0x10000};
  const bool is_surrogate = code_point >> 11U == 0xD800 >> 11U;
  const bool is_valid = code_point >= kShortest[length] && !is_surrogate &&
                        code_point <= 0x10FFFF;
  return is_valid ? length : 0;
}

char ToLower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

bool IsValidUtf8(std::string_view text) noexcept {
  text.remove_prefix(AsciiPrefixLength(text));
  while (!text.empty()) {
    const std::size_t length = CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string RepairUtf8(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string repaired;
  repaired.reserve(text.size() + kReplacement.size());
  while (!text.empty()) {
    const std::size_t length = CharacterLength(text);
    repaired += length > 0 ? text.substr(0, length) : kReplacement;
    text.remove_prefix(length > 0 ? length : 1);
  }
  return repaired;
}

bool EqualFold(std::string_view name, std::string_view key) noexcept {
  for (const char c : name) {
    const char lower = ToLower(c);
    const std::string_view special = lower == 's'   ? "\xC5\xBF"
                                     : lower == 'k' ? "\xE2\x84\xAA"
                                                    : "";
    std::size_t length = 1;
    if (key.empty() || ToLower(key.front()) != lower) {
      length = special.size();
      if (special.empty() || key.substr(0, length) != special) return false;
    }
    key.remove_prefix(length);
  }
  return key.empty();
}

}  // namespace containercollector::internal
