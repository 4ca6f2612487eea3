// SPDX-License-Identifier: Apache-2.0
/// Describes types to the decoder, which knows only the address of the value
/// that it fills in. Built at compile time from the tables in fields.h.
///
/// The decoder is type-erased but the encoder consists of templates, on
/// purpose. When decoding, the next field is known only at run time, so one
/// handler follows these tables, and RapidJSON's reader is instantiated once.
/// When encoding, it is known at compile time: an encoder that followed these
/// tables executed 13 % more instructions (tests/performance, GCC 12).
#ifndef CONTAINERCOLLECTOR_SRC_JSON_SCHEMA_H_
#define CONTAINERCOLLECTOR_SRC_JSON_SCHEMA_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "containercollector/sorted_map.h"
#include "lib/src/json/fields.h"

namespace containercollector::internal {

/// Fills maps without sorting them. JSON may open a map many times, so the
/// decoder sorts it only once, at the end.
struct MapFiller {
  template <typename Value>
  static Value* Append(SortedMap<Value>& map, std::string_view key) {
    return &map.entries_
                .emplace_back(std::piecewise_construct,
                              std::forward_as_tuple(key),
                              std::forward_as_tuple())
                .second;
  }

  /// Sorts the maps in a decoded value, including nested ones.
  template <typename T>
  static void Sort(T& value) {
    if constexpr (kHasFields<T>) {
      std::apply(
          [&](const auto&... fields) { (Sort(value.*fields.member), ...); },
          kFields<T>);
    }
  }
  template <typename T>
  static void Sort(std::optional<T>& value) {
    if (value) Sort(*value);
  }
  template <typename Element>
  static void Sort(std::vector<Element>& array) {
    for (Element& element : array) Sort(element);
  }
  template <typename Value>
  static void Sort(SortedMap<Value>& map) {
    map = SortedMap<Value>(std::move(map.entries_));
    for (auto& entry : map.entries_) Sort(entry.second);
  }
};

struct Schema;

struct FieldSchema {
  std::string_view key;
  const Schema* schema;
  void* (*member)(void* object);
};

/// Functions that do not apply to the type are null.
struct Schema {
  enum class Kind { kString, kBool, kInt64, kUint16, kArray, kMap, kObject };

  Kind kind;
  /// What the type accepts, for error texts.
  const char* expected;

  /// Stores JSON null. If this function is null, the value stays unchanged.
  void (*set_null)(void* value) = nullptr;
  /// Makes a value that can be null present, and returns it.
  void* (*open)(void* value) = nullptr;

  // kArray and kMap
  const Schema* element = nullptr;
  std::size_t element_bytes = 0;  // A map's element includes its key.
  /// Appends an element and returns it. Arrays ignore the key.
  void* (*append)(void* collection, std::string_view key) = nullptr;

  // kObject
  const FieldSchema* fields = nullptr;
  std::size_t field_count = 0;
};

template <typename T>
struct Type {};

/// The schema of a type; the same object for every caller.
template <typename T>
inline constexpr Schema kSchema = MakeSchema(Type<T>());

constexpr Schema MakeSchema(Type<std::string> /*type*/) {
  return {Schema::Kind::kString, "a string"};
}
constexpr Schema MakeSchema(Type<bool> /*type*/) {
  return {Schema::Kind::kBool, "true or false"};
}
constexpr Schema MakeSchema(Type<std::int64_t> /*type*/) {
  return {Schema::Kind::kInt64,
          "a whole number from -9223372036854775808 to 9223372036854775807"};
}
constexpr Schema MakeSchema(Type<std::uint16_t> /*type*/) {
  return {Schema::Kind::kUint16, "a whole number from 0 to 65535"};
}

template <typename Element>
constexpr Schema MakeSchema(Type<std::vector<Element>> /*type*/) {
  Schema schema{Schema::Kind::kArray, "an array"};
  schema.element = &kSchema<Element>;
  schema.element_bytes = sizeof(Element);
  schema.append = [](void* array, std::string_view /*key*/) -> void* {
    return &static_cast<std::vector<Element>*>(array)->emplace_back();
  };
  return schema;
}

template <typename Value>
constexpr Schema MakeSchema(Type<SortedMap<Value>> /*type*/) {
  Schema schema{Schema::Kind::kMap, "an object"};
  schema.element = &kSchema<Value>;
  schema.element_bytes = sizeof(typename SortedMap<Value>::value_type);
  schema.append = [](void* map, std::string_view key) -> void* {
    return MapFiller::Append(*static_cast<SortedMap<Value>*>(map), key);
  };
  return schema;
}

template <typename T>
constexpr Schema MakeSchema(Type<std::optional<T>> /*type*/) {
  Schema schema = kSchema<T>;
  schema.set_null = [](void* value) {
    static_cast<std::optional<T>*>(value)->reset();
  };
  schema.open = [](void* value) -> void* {
    auto& present = *static_cast<std::optional<T>*>(value);
    // As in Go, a repeated key replaces an array, but adds to a map or struct.
    if (!present || kSchema<T>.kind == Schema::Kind::kArray) present.emplace();
    return &*present;
  };
  return schema;
}

template <typename Struct, std::size_t kIndex>
constexpr FieldSchema MakeField() {
  constexpr auto kField = std::get<kIndex>(kFields<Struct>);
  using Member = std::decay_t<decltype(std::declval<Struct&>().*kField.member)>;
  return {kField.key, &kSchema<Member>, [](void* object) -> void* {
            constexpr auto kMember = std::get<kIndex>(kFields<Struct>).member;
            return &(static_cast<Struct*>(object)->*kMember);
          }};
}

template <typename Struct, std::size_t... kIndexes>
constexpr auto MakeFields(std::index_sequence<kIndexes...> /*indexes*/) {
  return std::array{MakeField<Struct, kIndexes>()...};
}

template <typename Struct>
inline constexpr auto kFieldSchemas = MakeFields<Struct>(
    std::make_index_sequence<
        std::tuple_size_v<std::decay_t<decltype(kFields<Struct>)>>>());

template <typename Struct>
constexpr Schema MakeSchema(Type<Struct> /*type*/) {
  Schema schema{Schema::Kind::kObject, "an object"};
  schema.fields = kFieldSchemas<Struct>.data();
  schema.field_count = kFieldSchemas<Struct>.size();
  return schema;
}

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_JSON_SCHEMA_H_
