// SPDX-License-Identifier: Apache-2.0

#include "lib/src/json/utf8.h"

#include <cstdint>
#include <cstring>

namespace containercollector::internal {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

unsigned char ByteAt(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

std::size_t AsciiPrefixLength(std::string_view text) noexcept {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t length = 0;
  for (; length + sizeof(std::uint64_t) <= text.size();
       length += sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + length, sizeof word);
    if ((word & kHighBits) != 0) break;
  }
  while (length < text.size() && ByteAt(text, length) < 0x80) ++length;
  return length;
}

/// Returns the length of the first character, or 0 if it is not valid UTF-8.
std::size_t CharacterLength(std::string_view text) noexcept {
  const unsigned char first = ByteAt(text, 0);
  if (first < 0x80) return 1;

  std::size_t length = 0;
  // The range of the second byte excludes overlong forms, surrogates and code
  // points above U+10FFFF.
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  } else {
    return 0;
  }

  if (text.size() < length) return 0;
  if (ByteAt(text, 1) < low || ByteAt(text, 1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (ByteAt(text, i) < 0x80 || ByteAt(text, i) > 0xBF) return 0;
  }
  return length;
}

char ToLower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// Returns the non-ASCII character that folds to a letter; "" if none does.
std::string_view FoldsTo(char lower) noexcept {
  if (lower == 's') return "\xC5\xBF";
  if (lower == 'k') return "\xE2\x84\xAA";
  return {};
}

}  // namespace

bool EqualFold(std::string_view name, std::string_view key) noexcept {
  for (const char c : name) {
    const char lower = ToLower(c);
    std::size_t length = 1;
    if (key.empty() || ToLower(key.front()) != lower) {
      const std::string_view special = FoldsTo(lower);
      length = special.size();
      if (special.empty() || key.substr(0, length) != special) return false;
    }
    key.remove_prefix(length);
  }
  return key.empty();
}

bool IsAscii(std::string_view text) noexcept {
  return AsciiPrefixLength(text) == text.size();
}

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
  std::string repaired;
  repaired.reserve(text.size() + kReplacement.size());
  while (!text.empty()) {
    const std::size_t length = CharacterLength(text);
    if (length == 0) {
      repaired += kReplacement;
      text.remove_prefix(1);
    } else {
      repaired += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return repaired;
}

}  // namespace containercollector::internal
