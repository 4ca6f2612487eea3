// SPDX-License-Identifier: Apache-2.0

#include "lib/src/json/text_encoder.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "lib/src/json/plain_bytes.h"
#include "lib/src/json/utf8.h"

namespace containercollector::internal {
namespace {

/// The length of the longest escape, `\u0000`.
constexpr std::size_t kMaxEscape = 6;

bool NeedsEscape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

enum class NonAscii { kCopy, kStop };

/// Copies the beginning of the text that needs no escapes, eight bytes at a
/// time, and returns its length. Writes up to seven bytes beyond it.
template <NonAscii kNonAscii>
std::size_t CopyPlain(std::string_view text, char* to) {
  constexpr std::uint64_t kStopAt =
      kNonAscii == NonAscii::kStop ? kHighBits : 0;
  std::size_t i = 0;
  for (; i + sizeof(std::uint64_t) <= text.size(); i += sizeof(std::uint64_t)) {
    std::memcpy(to + i, text.data() + i, sizeof(std::uint64_t));
    const std::uint64_t word = LoadWord(text.data() + i);
    const std::uint64_t found = FindEscapes(word) | (word & kStopAt);
    if (found != 0) return i + BytesBefore(found);
  }
  for (; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (NeedsEscape(text[i]) || (kStopAt != 0 && byte >= 0x80)) break;
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
  // The last copied word may extend seven bytes past the text.
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
  constexpr std::size_t kStep = std::size_t{16} * 1024;
  const std::size_t needed = size_ + bytes;
  if (needed > json_.capacity())
    json_.reserve(std::max({kMinimum, needed, 2 * json_.capacity()}));
  // resize() clears the bytes that it adds. With small steps, they are still in
  // the cache when they are written, and unused memory is never touched.
  json_.resize(std::min(json_.capacity(), std::max(needed, size_ + kStep)));
}

}  // namespace containercollector::internal
