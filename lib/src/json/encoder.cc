// SPDX-License-Identifier: Apache-2.0

#include "lib/src/json/encoder.h"

// Without SIMD, which slows the writer on short strings. A namespace of its
// own, as in json_decoder.cc.
#define RAPIDJSON_NAMESPACE containercollector_rapidjson_writer
#define RAPIDJSON_NAMESPACE_BEGIN \
  namespace containercollector_rapidjson_writer {
#define RAPIDJSON_NAMESPACE_END }
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "containercollector/json.h"
#include "lib/src/json/fields.h"
#include "lib/src/json/utf8.h"

namespace containercollector {
namespace internal {
namespace {

namespace rapid = containercollector_rapidjson_writer;

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

class Encoder {
 public:
  std::string Take() const { return {buffer_.GetString(), buffer_.GetSize()}; }

  void Write(bool value) { writer_.Bool(value); }
  void Write(std::uint16_t value) { writer_.Uint(value); }
  void Write(std::int64_t value) { writer_.Int64(value); }

  void Write(std::string_view value) {
    if (IsValidUtf8(value)) {
      writer_.String(value.data(), Length(value));
    } else {
      const std::string repaired = RepairUtf8(value);
      writer_.String(repaired.data(), Length(repaired));
    }
  }
  void Write(const std::string& value) { Write(std::string_view(value)); }

  template <typename T>
  void Write(const std::optional<T>& value) {
    if (value) {
      Write(*value);
    } else {
      writer_.Null();
    }
  }

  template <typename T>
  void Write(const std::vector<T>& values) {
    writer_.StartArray();
    for (const T& value : values) Write(value);
    writer_.EndArray();
  }

  template <typename T>
  void Write(const SortedMap<T>& map) {
    writer_.StartObject();
    for (const auto& [key, value] : map) {
      Write(key);
      Write(value);
    }
    writer_.EndObject();
  }

  template <typename Struct>
  void Write(const Struct& value) {
    writer_.StartObject();
    std::apply([&](const auto&... fields) { (WriteField(value, fields), ...); },
               Fields<Struct>::kTable);
    writer_.EndObject();
  }

 private:
  static rapid::SizeType Length(std::string_view text) {
    return static_cast<rapid::SizeType>(text.size());
  }

  template <typename Struct, typename Member>
  void WriteField(const Struct& value, const Field<Struct, Member>& field) {
    const Member& member = value.*field.member;
    if (field.omit_empty && IsEmpty(member)) return;
    writer_.Key(field.key.data(), Length(field.key));
    Write(member);
  }

  rapid::StringBuffer buffer_;
  rapid::Writer<rapid::StringBuffer> writer_{buffer_};
};

template <typename T>
std::string Encode(const T& value) {
  Encoder encoder;
  encoder.Write(value);
  return encoder.Take();
}

}  // namespace

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

std::string EncodeContainers(
    const std::optional<std::vector<Container>>& containers) {
  return internal::Encode(containers);
}

}  // namespace containercollector
