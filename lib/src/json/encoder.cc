// SPDX-License-Identifier: Apache-2.0
#include "lib/src/json/encoder.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <tuple>
#include <type_traits>

#include "containercollector/json.h"
#include "lib/src/json/fields.h"
#include "lib/src/text.h"

namespace containercollector {
namespace internal {
namespace {

/// The length of the longest escape, `\u0000`.
constexpr std::size_t kMaxEscape = 6;

/// Copies the beginning of the text that needs no escapes, eight bytes at a
/// time, and returns its length. Writes up to seven bytes beyond it.
template <bool kAsciiOnly>
std::size_t CopyPlain(std::string_view text, char* to) {
  constexpr std::uint64_t kStopAt = kAsciiOnly ? kHighBits : 0;
  std::size_t i = 0;
  for (; i + sizeof(std::uint64_t) <= text.size(); i += sizeof(std::uint64_t)) {
    std::memcpy(to + i, text.data() + i, sizeof(std::uint64_t));
    const std::uint64_t word = LoadWord(text.data() + i);
    const std::uint64_t found = FindEscapes(word) | (word & kStopAt);
    if (found != 0) return i + BytesBefore(found);
  }
  for (; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == '"' || byte == '\\') break;
    if (kAsciiOnly && byte >= 0x80) break;
    to[i] = text[i];
  }
  return i;
}

/// Writes the escape of a byte and returns its end.
char* WriteEscape(char c, char* to) {
  constexpr std::string_view kBytes = "\"\\\n\r\t";
  constexpr std::string_view kEscapes = "\"\\nrt";
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  *to++ = '\\';
  const std::size_t i = c == '"' ? 0 : kBytes.find(c);
  if (i != std::string_view::npos) {
    *to++ = kEscapes[i];
    return to;
  }
  const auto byte = static_cast<unsigned char>(c);
  to = std::copy_n("u00", 3, to);
  *to++ = kHexDigits[byte >> 4U];
  *to++ = kHexDigits[byte & 0xFU];
  return to;
}

/// Returns whether `omitempty` omits the value. Go never omits a struct.
template <typename T>
bool IsEmpty(const T& value) {
  if constexpr (std::is_arithmetic_v<T>) {
    return value == T{};
  } else if constexpr (kHasFields<T>) {
    return false;
  } else {
    return value.empty();
  }
}
template <typename T>
bool IsEmpty(const std::optional<T>& value) {
  return !value || IsEmpty(*value);
}

/// Appends values of any type.
struct Writer {
  void Write(bool value) { json.Raw(value ? "true" : "false"); }
  void Write(std::uint16_t value) { json.Integer(value); }
  void Write(std::int64_t value) { json.Integer(value); }
  void Write(const std::string& value) { json.String(value); }

  template <typename T>
  void Write(const std::optional<T>& value) {
    if (value) {
      Write(*value);
    } else {
      json.Raw("null");
    }
  }

  template <typename T>
  void Write(const std::vector<T>& values) {
    json.Byte('[');
    for (const T& value : values) {
      Write(value);
      json.Byte(',');
    }
    json.End(']');
  }

  template <typename T>
  void Write(const SortedMap<T>& map) {
    json.Byte('{');
    for (const auto& [key, value] : map) {
      Write(key);
      json.Byte(':');
      Write(value);
      json.Byte(',');
    }
    json.End('}');
  }

  template <typename Struct>
  void Write(const Struct& value) {
    json.Byte('{');
    std::apply([&](const auto&... fields) { (WriteField(value, fields), ...); },
               kFields<Struct>);
    json.End('}');
  }

  template <typename Struct, typename Member>
  void WriteField(const Struct& value, const Field<Struct, Member>& field) {
    const Member& member = value.*field.member;
    if (field.omit_empty && IsEmpty(member)) return;
    json.Key(field.key);
    Write(member);
    json.Byte(',');
  }

  Encoder& json;
};

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
  std::size_t plain = CopyPlain<true>(text, to);
  if (plain == text.size()) {
    to[plain] = '"';
    size_ += plain + 2;
    return;
  }

  std::string repaired;
  if (!IsValidUtf8(text)) text = repaired = RepairUtf8(text);
  Byte('"');
  while (true) {
    plain = CopyPlain<false>(text, Room(text.size() + kSlack));
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

ContainerArrayEncoder::ContainerArrayEncoder(std::size_t bytes) {
  std::string json;
  json.reserve(bytes);
  encoder_ = Encoder(std::move(json));
  encoder_.Byte('[');
}

void ContainerArrayEncoder::Add(const Container& container) {
  begins_.push_back(encoder_.size());
  id_hashes_.push_back(std::hash<std::string>()(container.id));
  Writer{encoder_}.Write(container);
  encoder_.Byte(',');
}

void ContainerArrayEncoder::KeepLastOfEachId() {
  // Comparing hashes is faster than comparing IDs, and almost always enough.
  std::sort(id_hashes_.begin(), id_hashes_.end());
  if (std::adjacent_find(id_hashes_.begin(), id_hashes_.end()) ==
      id_hashes_.end())
    return;

  std::string json = encoder_.Take();
  begins_.push_back(json.size());
  std::set<std::string_view> later;
  std::vector<bool> replaced(begins_.size() - 1);
  for (std::size_t i = replaced.size(); i-- > 0;) {
    // If an ID contained this text, its quotes would be escaped.
    constexpr std::string_view kBeforeId = "{\"Id\":\"";
    constexpr std::string_view kAfterId = "\",\"Names\":";
    const std::size_t begin = begins_[i] + kBeforeId.size();
    const auto id = std::string_view(json).substr(
        begin, json.find(kAfterId, begin) - begin);
    replaced[i] = !id.empty() && !later.insert(id).second;
  }

  std::size_t kept = 0;
  std::size_t end = begins_.front();
  for (std::size_t i = 0; i < replaced.size(); ++i) {
    if (replaced[i]) continue;
    const std::size_t bytes = begins_[i + 1] - begins_[i];
    std::memmove(json.data() + end, json.data() + begins_[i], bytes);
    end += bytes;
    ++kept;
  }
  begins_.resize(kept);
  json.resize(end);
  encoder_ = Encoder(std::move(json));
}

std::string ContainerArrayEncoder::Take() {
  encoder_.End(']');
  return encoder_.Take();
}

std::string EncodeFilters(const Filters& filters) {
  SortedMap<SortedMap<bool>> json;
  for (const auto& [name, values] : filters) {
    auto& set = json[name];
    for (const auto& value : values) set[value] = true;
  }
  Encoder encoder;
  Writer{encoder}.Write(json);
  return encoder.Take();
}

}  // namespace internal

std::string EncodeContainers(const std::vector<Container>& containers) {
  internal::ContainerArrayEncoder encoder;
  for (const Container& container : containers) encoder.Add(container);
  return encoder.Take();
}

}  // namespace containercollector
