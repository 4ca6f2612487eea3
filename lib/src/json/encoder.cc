// SPDX-License-Identifier: Apache-2.0

#include "lib/src/json/encoder.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
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

/// Returns whether `omitempty` omits the value. Go never omits a struct.
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
  encoder_.Byte(begins_.empty() ? '[' : ',');
  begins_.push_back(encoder_.size());
  id_hashes_.push_back(std::hash<std::string>()(container.id));
  Write(container, encoder_);
}

std::string_view ContainerArrayEncoder::IdOf(std::size_t index) const {
  // If an ID contained this text, its quotes would be escaped.
  constexpr std::string_view kAfterId = "\",\"Names\":";
  const std::size_t begin =
      begins_[index] + std::string_view("{\"Id\":\"").size();
  return std::string_view(json_).substr(begin,
                                        json_.find(kAfterId, begin) - begin);
}

std::vector<std::size_t> ContainerArrayEncoder::FindReplaced() const {
  // Comparing hashes is faster than sorting texts, and almost always enough.
  std::vector<std::size_t> hashes = id_hashes_;
  std::sort(hashes.begin(), hashes.end());
  if (std::adjacent_find(hashes.begin(), hashes.end()) == hashes.end())
    return {};

  std::vector<std::pair<std::string_view, std::size_t>> ids;
  for (std::size_t i = 0; i < count(); ++i) ids.emplace_back(IdOf(i), i);
  std::sort(ids.begin(), ids.end());
  std::vector<std::size_t> replaced;
  for (std::size_t i = 1; i < ids.size(); ++i) {
    const auto& [id, index] = ids[i - 1];
    if (!id.empty() && id == ids[i].first) replaced.push_back(index);
  }
  std::sort(replaced.begin(), replaced.end());
  return replaced;
}

void ContainerArrayEncoder::KeepLastOfEachId() {
  const std::vector<std::size_t> replaced = FindReplaced();
  if (replaced.empty()) return;

  std::vector<std::size_t> begins;
  std::size_t end = 0;
  auto next = replaced.begin();
  for (std::size_t i = 0; i < count(); ++i) {
    if (next != replaced.end() && *next == i) {
      ++next;
      continue;
    }
    // Each container moves together with the byte before it.
    const std::size_t from = begins_[i] - 1;
    const std::size_t to =
        i + 1 < count() ? begins_[i + 1] - 1 : encoder_.size();
    std::memmove(json_.data() + end, json_.data() + from, to - from);
    begins.push_back(end + 1);
    end += to - from;
  }
  json_.front() = '[';
  begins_ = std::move(begins);
  id_hashes_.clear();
  encoder_.Truncate(end);
}

std::string ContainerArrayEncoder::Take() {
  if (begins_.empty()) encoder_.Byte('[');
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

}  // namespace internal

std::string EncodeContainers(const std::vector<Container>& containers) {
  internal::ContainerArrayEncoder encoder;
  for (const Container& container : containers) encoder.Add(container);
  return encoder.Take();
}

}  // namespace containercollector
