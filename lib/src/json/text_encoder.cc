// SPDX-License-Identifier: Apache-2.0

#include "lib/src/json/text_encoder.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "lib/src/json/utf8.h"

namespace containercollector::internal {
namespace {

/// The longest escape, `\u0000`.
constexpr std::size_t kMaxEscape = 6;

bool NeedsEscape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

enum class NonAscii { kCopy, kStop };

/// Copies the text's beginning that needs no escape, in words of eight bytes,
/// and returns its length. Writes up to seven bytes beyond it.
template <NonAscii kNonAscii>
std::size_t CopyPlain(std::string_view text, char* to) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighBits = 0x80 * kOnes;
  constexpr bool kStop = kNonAscii == NonAscii::kStop;
  std::size_t i = 0;
  for (; i + sizeof(std::uint64_t) <= text.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + i, sizeof word);
    std::memcpy(to + i, &word, sizeof word);
    // The high bit of each ASCII byte that is below 0x20, a quote or a
    // backslash. A byte above one of those may have it too.
    const std::uint64_t quote = word ^ (kOnes * '"');
    const std::uint64_t backslash = word ^ (kOnes * '\\');
    std::uint64_t found =
        (word - kOnes * 0x20) | (quote - kOnes) | (backslash - kOnes);
    found = kStop ? found | word : found & ~word;
    if ((found & kHighBits) != 0) break;
  }
  for (; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (NeedsEscape(text[i]) || (kStop && byte >= 0x80)) break;
    to[i] = text[i];
  }
  return i;
}

/// Writes the escape of a byte and returns its end.
char* WriteEscape(char c, char* to) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  *to++ = '\\';
  switch (c) {
    case '"':
    case '\\':
      *to++ = c;
      return to;
    case '\n':
      *to++ = 'n';
      return to;
    case '\r':
      *to++ = 'r';
      return to;
    case '\t':
      *to++ = 't';
      return to;
    default: {
      const auto byte = static_cast<unsigned char>(c);
      to = std::copy_n("u00", 3, to);
      *to++ = kHexDigits[byte >> 4U];
      *to++ = kHexDigits[byte & 0xFU];
      return to;
    }
  }
}

}  // namespace

void Encoder::Integer(std::int64_t value) {
  constexpr std::size_t kMaxDigits =
      std::numeric_limits<std::int64_t>::digits10 + 2;
  char* const to = Room(kMaxDigits);
  size_ += static_cast<std::size_t>(
      std::to_chars(to, to + kMaxDigits, value).ptr - to);
}

void Encoder::String(std::string_view text) {
  // The last word that is copied may end seven bytes after the text.
  constexpr std::size_t kSlack = sizeof(std::uint64_t);
  char* to = Room(text.size() + 2 + kSlack);
  *to++ = '"';
  std::size_t plain = CopyPlain<NonAscii::kStop>(text, to);
  if (plain == text.size()) {
    to[plain] = '"';
    size_ += plain + 2;
    return;
  }

  std::string repaired;
  if (!IsValidUtf8(text)) text = repaired = RepairUtf8(text);
  Byte('"');
  while (true) {
    plain = CopyPlain<NonAscii::kCopy>(text, Room(text.size() + kSlack));
    size_ += plain;
    if (plain == text.size()) break;
    to = Room(kMaxEscape);
    size_ += static_cast<std::size_t>(WriteEscape(text[plain], to) - to);
    text.remove_prefix(plain + 1);
  }
  Byte('"');
}

void Encoder::Grow(std::size_t bytes) {
  constexpr std::size_t kMinimum = 1024;
  json_.resize(
      std::max({kMinimum, size_ + bytes, 2 * size_, json_.capacity()}));
}

}  // namespace containercollector::internal
