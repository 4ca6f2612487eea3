// SPDX-License-Identifier: Apache-2.0

#include "lib/src/json/encoder.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "containercollector/json.h"
#include "lib/src/json/fields.h"

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

void Write(bool value, Encoder& json) { json.Raw(value ? "true" : "false"); }
void Write(std::uint16_t value, Encoder& json) { json.Integer(value); }
void Write(std::int64_t value, Encoder& json) { json.Integer(value); }
void Write(const std::string& value, Encoder& json) { json.String(value); }

template <typename T>
void Write(const std::optional<T>& value, Encoder& json);
template <typename T>
void Write(const std::vector<T>& values, Encoder& json);
template <typename T>
void Write(const SortedMap<T>& map, Encoder& json);
template <typename Struct>
void Write(const Struct& value, Encoder& json);

template <typename T>
void Write(const std::optional<T>& value, Encoder& json) {
  if (value) {
    Write(*value, json);
  } else {
    json.Raw("null");
  }
}

template <typename T>
void Write(const std::vector<T>& values, Encoder& json) {
  char before = '[';
  for (const T& value : values) {
    json.Byte(std::exchange(before, ','));
    Write(value, json);
  }
  if (before == '[') json.Byte('[');
  json.Byte(']');
}

template <typename T>
void Write(const SortedMap<T>& map, Encoder& json) {
  char before = '{';
  for (const auto& [key, value] : map) {
    json.Byte(std::exchange(before, ','));
    Write(key, json);
    json.Byte(':');
    Write(value, json);
  }
  if (before == '{') json.Byte('{');
  json.Byte('}');
}

template <typename Struct, typename Member>
void WriteField(const Struct& value, const Field<Struct, Member>& field,
                char& before, Encoder& json) {
  const Member& member = value.*field.member;
  if (field.omit_empty && IsEmpty(member)) return;
  json.Byte(std::exchange(before, ','));
  json.Key(field.key);
  Write(member, json);
}

template <typename Struct>
void Write(const Struct& value, Encoder& json) {
  char before = '{';
  std::apply(
      [&](const auto&... fields) {
        (WriteField(value, fields, before, json), ...);
      },
      Fields<Struct>::kTable);
  if (before == '{') json.Byte('{');
  json.Byte('}');
}

template <typename T>
std::string Encode(const T& value) {
  std::string json;
  Encoder encoder(json);
  Write(value, encoder);
  encoder.Finish();
  return json;
}

}  // namespace

void AppendJsonString(std::string_view text, std::string& json) {
  Encoder encoder(json);
  encoder.String(text);
  encoder.Finish();
}

void ContainerArrayEncoder::Add(const Container& container) {
  encoder_.Byte(count_++ == 0 ? '[' : ',');
  Write(container, encoder_);
}

std::string ContainerArrayEncoder::Take() {
  if (count_ == 0) encoder_.Byte('[');
  encoder_.Byte(']');
  encoder_.Finish();
  return std::move(json_);
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
  internal::ContainerArrayEncoder encoder;
  for (const Container& container : containers) encoder.Add(container);
  return encoder.Take();
}

}  // namespace containercollector
