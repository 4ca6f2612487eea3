// SPDX-License-Identifier: Apache-2.0

#include "lib/src/json/encoder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "containercollector/json.h"
#include "lib/src/json/fields.h"
#include "lib/src/json/utf8.h"

namespace containercollector {
namespace internal {
namespace {

/// Go's idea of empty for `omitempty`: a struct never is.
template <typename Struct>
bool IsEmpty(const Struct& /*value*/) {
  return false;
}
bool IsEmpty(const std::string& value) { return value.empty(); }
bool IsEmpty(std::uint16_t value) { return value == 0; }
bool IsEmpty(std::int64_t value) { return value == 0; }
bool IsEmpty(bool value) { return !value; }
template <typename Struct>
bool IsEmpty(const std::optional<Struct>& value) {
  return !value;
}
template <typename T>
bool IsEmpty(const std::optional<std::vector<T>>& value) {
  return !value || value->empty();
}
template <typename T>
bool IsEmpty(const std::optional<SortedMap<T>>& value) {
  return !value || value->empty();
}

/// Appends JSON to a string.
class Encoder {
 public:
  explicit Encoder(std::string& json) : json_(json) {}

  void Write(bool value) { json_ += value ? "true" : "false"; }
  void Write(std::uint16_t value) { Write(std::int64_t{value}); }
  void Write(std::int64_t value) {
    std::array<char, std::numeric_limits<std::int64_t>::digits10 + 2> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    json_.append(text.data(), end);
  }
  void Write(const std::string& value) { AppendJsonString(value, json_); }

  template <typename T>
  void Write(const std::optional<T>& value) {
    if (value) {
      Write(*value);
    } else {
      json_ += "null";
    }
  }

  template <typename T>
  void Write(const std::vector<T>& values) {
    json_ += '[';
    const char* separator = "";
    for (const T& value : values) {
      json_ += std::exchange(separator, ",");
      Write(value);
    }
    json_ += ']';
  }

  template <typename T>
  void Write(const SortedMap<T>& map) {
    json_ += '{';
    const char* separator = "";
    for (const auto& [key, value] : map) {
      json_ += std::exchange(separator, ",");
      Write(key);
      json_ += ':';
      Write(value);
    }
    json_ += '}';
  }

  template <typename Struct>
  void Write(const Struct& value) {
    char before = '{';
    std::apply(
        [&](const auto&... fields) {
          (WriteField(value, fields, before), ...);
        },
        Fields<Struct>::kTable);
    if (before == '{') json_ += before;
    json_ += '}';
  }

 private:
  template <typename Struct, typename Member>
  void WriteField(const Struct& value, const Field<Struct, Member>& field,
                  char& before) {
    const Member& member = value.*field.member;
    if (field.omit_empty && IsEmpty(member)) return;
    // The keys in the tables need no escapes.
    json_ += std::exchange(before, ',');
    json_.append("\"").append(field.key).append("\":");
    Write(member);
  }

  std::string& json_;
};

template <typename T>
std::string Encode(const T& value) {
  std::string json;
  Encoder(json).Write(value);
  return json;
}

/// Returns the length of the text's beginning that needs no escape.
std::size_t PlainLength(std::string_view text) {
  const auto needs_escape = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
  };
  return static_cast<std::size_t>(
      std::find_if(text.begin(), text.end(), needs_escape) - text.begin());
}

void AppendEscape(char c, std::string& json) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  switch (c) {
    case '"':
    case '\\':
      json.append(1, '\\').append(1, c);
      return;
    case '\n':
      json += "\\n";
      return;
    case '\r':
      json += "\\r";
      return;
    case '\t':
      json += "\\t";
      return;
    default: {
      const auto byte = static_cast<unsigned char>(c);
      json.append("\\u00");
      json += kHexDigits[byte >> 4U];
      json += kHexDigits[byte & 0xFU];
    }
  }
}

}  // namespace

void AppendJsonString(std::string_view text, std::string& json) {
  std::string repaired;
  if (!IsValidUtf8(text)) text = repaired = RepairUtf8(text);
  json += '"';
  while (true) {
    const std::size_t plain = PlainLength(text);
    json.append(text.substr(0, plain));
    if (plain == text.size()) break;
    AppendEscape(text[plain], json);
    text.remove_prefix(plain + 1);
  }
  json += '"';
}

void AppendContainer(const Container& container, std::string& json) {
  Encoder(json).Write(container);
}

std::string EncodeFilters(const Filters& filters) {
  SortedMap<SortedMap<bool>> json;
  for (const auto& [name, values] : filters) {
    auto& set = json[name];
    for (const auto& value : values) set[value] = true;
  }
  return Encode(json);
}

std::string EncodeFiltersAsLists(const Filters& filters) {
  SortedMap<StringList> json;
  for (const auto& [name, values] : filters)
    json[name].assign(values.begin(), values.end());
  return Encode(json);
}

}  // namespace internal

std::string EncodeContainers(const std::vector<Container>& containers) {
  return internal::Encode(containers);
}

}  // namespace containercollector
