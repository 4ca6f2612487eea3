// SPDX-License-Identifier: Apache-2.0
/// Text as Go treats it, numbers in texts, and texts as words of eight bytes.
#ifndef CONTAINERCOLLECTOR_SRC_TEXT_H_
#define CONTAINERCOLLECTOR_SRC_TEXT_H_

#include <endian.h>

#include <charconv>
#include <cstdint>
#include <cstring>
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

inline constexpr std::uint64_t kHighBits = 0x8080808080808080;

/// Returns a word with the high bit set in each byte that is below 0x20, a
/// quote or a backslash, and possibly in bytes above one of those.
inline std::uint64_t FindEscapes(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t backslash = word ^ (kOnes * '\\');
  return ((word - kOnes * 0x20) | (quote - kOnes) | (backslash - kOnes)) &
         ~word & kHighBits;
}

/// Returns the number of bytes before the first one whose high bit is set in
/// `found`, which must not be 0.
inline unsigned BytesBefore(std::uint64_t found) {
  return static_cast<unsigned>(__builtin_ctzll(found)) / 8;
}

/// Returns eight bytes as a little-endian word.
inline std::uint64_t LoadWord(const char* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return le64toh(word);
}

/// Returns the first byte that a JSON string must escape. Reads up to seven
/// bytes beyond it.
inline char* EndOfPlain(char* text) {
  while (true) {
    const std::uint64_t found = FindEscapes(LoadWord(text));
    if (found != 0) return text + BytesBefore(found);
    text += sizeof(std::uint64_t);
  }
}

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_TEXT_H_
