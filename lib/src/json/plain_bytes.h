// SPDX-License-Identifier: Apache-2.0

/// Finds the bytes that must be escaped in a JSON string, eight at a time.
#ifndef CONTAINERCOLLECTOR_SRC_JSON_PLAIN_BYTES_H_
#define CONTAINERCOLLECTOR_SRC_JSON_PLAIN_BYTES_H_

#include <endian.h>

#include <cstdint>
#include <cstring>

namespace containercollector::internal {

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

/// Returns the first byte that is below 0x20, a quote or a backslash. Reads up
/// to seven bytes beyond it.
inline char* EndOfPlain(char* text) {
  while (true) {
    const std::uint64_t found = FindEscapes(LoadWord(text));
    if (found != 0) return text + BytesBefore(found);
    text += sizeof(std::uint64_t);
  }
}

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_JSON_PLAIN_BYTES_H_
