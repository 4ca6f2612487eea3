// SPDX-License-Identifier: Apache-2.0

/// Describes types to the decoder, which knows only the address of the value
/// that it fills in. Built at compile time from the tables in fields.h.
///
/// The decoder is type-erased but the encoder consists of templates, on
/// purpose. When decoding, the next field is known only at run time, so one
/// handler follows these tables, and RapidJSON's reader is instantiated once.
/// When encoding, it is known at compile time: an encoder that followed these
/// tables executed 13 % more instructions (tests/performance, GCC 12) and added
/// five functions to Schema.
#ifndef CONTAINERCOLLECTOR_SRC_JSON_SCHEMA_H_
#define CONTAINERCOLLECTOR_SRC_JSON_SCHEMA_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
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

/// Appends to a map without sorting it; Sort() restores the order. JSON may
/// open a map many times, so the decoder sorts it only once, at the end.
struct MapFiller {
  template <typename Value>
  static Value* Append(SortedMap<Value>& map, std::string_view key) {
    return &map.entries_
                .emplace_back(std::piecewise_construct,
                              std::forward_as_tuple(key),
                              std::forward_as_tuple())
                .second;
  }
  template <typename Value>
  static std::vector<std::pair<std::string, Value>>& Sort(
      SortedMap<Value>& map) {
    map = SortedMap<Value>(std::move(map.entries_));
    return map.entries_;
  }
};

struct Schema;

struct FieldSchema {
  std::string_view key;
  const Schema* schema;
  void* (*member)(void* object);
};

/// Functions that do not apply to the kind are null.
struct Schema {
  enum class Kind { kString, kBool, kInteger, kArray, kMap, kObject };

  Kind kind;

  /// Stores JSON null. If this function is null, the value stays unchanged.
  void (*set_null)(void* value) = nullptr;

  // kInteger
  std::int64_t minimum = 0;
  std::int64_t maximum = 0;
  void (*set_integer)(void* value, std::int64_t integer) = nullptr;

  // kArray, kMap, kObject
  // Makes the value present and returns the argument for the next functions.
  void* (*open)(void* value) = nullptr;

  // kArray and kMap
  const Schema* element = nullptr;
  std::size_t element_bytes = 0;  // A map's element includes its key.
  void* (*append)(void* array) = nullptr;
  void* (*append_entry)(void* map, std::string_view key) = nullptr;
  /// Called after each element that is null, an array or an object.
  void (*element_done)(void* array) = nullptr;

  // kObject
  const FieldSchema* fields = nullptr;
  std::size_t field_count = 0;
};

template <typename T>
struct SchemaFor;

/// The schema of T; the same object for every caller.
template <typename T>
inline constexpr Schema kSchema = SchemaFor<T>::Make();

template <>
struct SchemaFor<std::string> {
  static constexpr Schema Make() { return {Schema::Kind::kString}; }
};

template <>
struct SchemaFor<bool> {
  static constexpr Schema Make() { return {Schema::Kind::kBool}; }
};

template <typename Integer>
struct IntegerSchema {
  static constexpr Schema Make() {
    Schema schema{Schema::Kind::kInteger};
    schema.minimum = std::numeric_limits<Integer>::min();
    schema.maximum = std::numeric_limits<Integer>::max();
    schema.set_integer = [](void* value, std::int64_t integer) {
      *static_cast<Integer*>(value) = static_cast<Integer>(integer);
    };
    return schema;
  }
};

template <>
struct SchemaFor<std::int64_t> : IntegerSchema<std::int64_t> {};
template <>
struct SchemaFor<std::uint16_t> : IntegerSchema<std::uint16_t> {};

template <typename Element>
struct SchemaFor<std::optional<std::vector<Element>>> {
  using Array = std::vector<Element>;
  static constexpr Schema Make() {
    Schema schema{Schema::Kind::kArray};
    schema.set_null = [](void* value) {
      static_cast<std::optional<Array>*>(value)->reset();
    };
    schema.open = [](void* value) -> void* {
      return &static_cast<std::optional<Array>*>(value)->emplace();
    };
    schema.element = &kSchema<Element>;
    schema.element_bytes = sizeof(Element);
    schema.append = [](void* array) -> void* {
      return &static_cast<Array*>(array)->emplace_back();
    };
    return schema;
  }
};

template <typename Value>
struct SchemaFor<std::optional<SortedMap<Value>>> {
  using Map = SortedMap<Value>;
  static constexpr Schema Make() {
    Schema schema{Schema::Kind::kMap};
    schema.set_null = [](void* value) {
      static_cast<std::optional<Map>*>(value)->reset();
    };
    // As in Go, a repeated key adds to the existing map.
    schema.open = [](void* value) -> void* {
      auto* map = static_cast<std::optional<Map>*>(value);
      return map->has_value() ? &**map : &map->emplace();
    };
    schema.element = &kSchema<Value>;
    schema.element_bytes = sizeof(typename Map::value_type);
    schema.append_entry = [](void* map, std::string_view key) -> void* {
      return MapFiller::Append(*static_cast<Map*>(map), key);
    };
    return schema;
  }
};

template <typename Struct, std::size_t kIndex>
void* MemberOf(void* object) {
  constexpr auto kMember = std::get<kIndex>(Fields<Struct>::kTable).member;
  return &(static_cast<Struct*>(object)->*kMember);
}

template <typename Struct, std::size_t... kIndexes>
constexpr auto MakeFieldSchemas(std::index_sequence<kIndexes...>) {
  return std::array<FieldSchema, sizeof...(kIndexes)>{FieldSchema{
      std::get<kIndexes>(Fields<Struct>::kTable).key,
      &kSchema<std::decay_t<
          decltype(std::declval<Struct&>().*
                   (std::get<kIndexes>(Fields<Struct>::kTable).member))>>,
      &MemberOf<Struct, kIndexes>}...};
}

template <typename Struct>
inline constexpr auto kFieldSchemas = MakeFieldSchemas<Struct>(
    std::make_index_sequence<
        std::tuple_size_v<std::decay_t<decltype(Fields<Struct>::kTable)>>>());

template <typename Struct>
constexpr Schema MakeObjectSchema() {
  Schema schema{Schema::Kind::kObject};
  schema.open = [](void* value) { return value; };
  schema.fields = kFieldSchemas<Struct>.data();
  schema.field_count = kFieldSchemas<Struct>.size();
  return schema;
}

template <typename Struct>
struct SchemaFor {
  static constexpr Schema Make() { return MakeObjectSchema<Struct>(); }
};

/// A pointer to a struct in Go.
template <typename Struct>
struct SchemaFor<std::optional<Struct>> {
  static constexpr Schema Make() {
    Schema schema = MakeObjectSchema<Struct>();
    schema.set_null = [](void* value) {
      static_cast<std::optional<Struct>*>(value)->reset();
    };
    schema.open = [](void* value) -> void* {
      auto* pointer = static_cast<std::optional<Struct>*>(value);
      return pointer->has_value() ? &**pointer : &pointer->emplace();
    };
    return schema;
  }
};

/// Sorts the maps in a decoded value, including nested ones.
template <typename T>
struct MapsIn {
  static constexpr bool kAny = false;
  static void Sort(T& /*value*/) {}
};

template <typename Struct, typename Table = decltype(Fields<Struct>::kTable)>
struct MapsInStruct {
  template <typename Member>
  static void SortMember(Struct& value, const Field<Struct, Member>& field) {
    MapsIn<Member>::Sort(value.*field.member);
  }
  template <typename... Members>
  static constexpr bool AnyIn(const std::tuple<Field<Struct, Members>...>&) {
    return (MapsIn<Members>::kAny || ...);
  }
  static constexpr bool kAny = AnyIn(Fields<Struct>::kTable);
  static void Sort(Struct& value) {
    std::apply([&](const auto&... fields) { (SortMember(value, fields), ...); },
               Fields<Struct>::kTable);
  }
};

template <>
struct MapsIn<Container> : MapsInStruct<Container> {};
template <>
struct MapsIn<SummaryNetworkSettings> : MapsInStruct<SummaryNetworkSettings> {};
template <>
struct MapsIn<EndpointSettings> : MapsInStruct<EndpointSettings> {};
template <>
struct MapsIn<DaemonVersion> : MapsInStruct<DaemonVersion> {};
template <>
struct MapsIn<ComponentVersion> : MapsInStruct<ComponentVersion> {};

template <typename T>
struct MapsIn<std::optional<T>> {
  static constexpr bool kAny = MapsIn<T>::kAny;
  static void Sort(std::optional<T>& value) {
    if (value) MapsIn<T>::Sort(*value);
  }
};

template <typename Element>
struct MapsIn<std::vector<Element>> {
  static constexpr bool kAny = MapsIn<Element>::kAny;
  static void Sort(std::vector<Element>& array) {
    if constexpr (kAny) {
      for (Element& element : array) MapsIn<Element>::Sort(element);
    }
  }
};

template <typename Value>
struct MapsIn<SortedMap<Value>> {
  static constexpr bool kAny = true;
  static void Sort(SortedMap<Value>& map) {
    auto& entries = MapFiller::Sort(map);
    if constexpr (MapsIn<Value>::kAny) {
      for (auto& entry : entries) MapsIn<Value>::Sort(entry.second);
    }
  }
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_JSON_SCHEMA_H_
