// SPDX-License-Identifier: Apache-2.0
/// Decodes protobuf messages by tables of their fields. Include it only in
/// lib/src/cri.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_PROTOBUF_H_
#define CONTAINERCOLLECTOR_SRC_CRI_PROTOBUF_H_

#include <cstdint>
#include <optional>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "lib/src/cri/budget.h"

namespace containercollector::internal::cri {

/// A field of a message and the member that stores it. The member's type
/// determines the field's type: a number, an enum, a string, a struct with its
/// own table, or a vector or optional of them.
template <typename Struct, typename Member>
struct Field {
  std::uint32_t number;
  Member Struct::* member;
};
template <typename Struct, typename Member>
Field(int, Member Struct::*) -> Field<Struct, Member>;

/// `kTable` is a tuple with one Field for each decoded field.
template <typename Struct>
struct Message;

template <typename Struct>
void DecodeInto(protozero::pbf_reader reader, Budget& budget, Struct& value);

/// Reads one value of type T. The primary template is for structs.
template <typename T, typename = void>
struct Value {
  static constexpr auto kWire = protozero::pbf_wire_type::length_delimited;
  static void Read(protozero::pbf_reader& reader, Budget& budget, T& value) {
    // Protobuf merges a message that appears again.
    DecodeInto(reader.get_message(), budget, value);
  }
};

/// As in protobuf, a number that the type cannot hold loses its upper bits.
template <typename T>
struct Value<T, std::enable_if_t<std::is_integral_v<T>>> {
  static constexpr auto kWire = protozero::pbf_wire_type::varint;
  static void Read(protozero::pbf_reader& reader, Budget& /*budget*/,
                   T& value) {
    const std::uint64_t number = reader.get_uint64();
    if constexpr (std::is_same_v<T, bool>) {
      value = number != 0;
    } else {
      value = static_cast<T>(number);
    }
  }
};

/// An enum needs a function FromNumber(number, Enum&).
template <typename T>
struct Value<T, std::enable_if_t<std::is_enum_v<T>>> {
  static constexpr auto kWire = protozero::pbf_wire_type::varint;
  static void Read(protozero::pbf_reader& reader, Budget& /*budget*/,
                   T& value) {
    FromNumber(static_cast<std::int32_t>(reader.get_uint64()), value);
  }
};

template <>
struct Value<std::string> {
  static constexpr auto kWire = protozero::pbf_wire_type::length_delimited;
  static void Read(protozero::pbf_reader& reader, Budget& budget,
                   std::string& value) {
    const protozero::data_view bytes = reader.get_view();
    budget.Charge(bytes.size());
    value.assign(bytes.data(), bytes.size());
  }
};

/// A view of the message itself.
template <>
struct Value<std::string_view> {
  static constexpr auto kWire = protozero::pbf_wire_type::length_delimited;
  static void Read(protozero::pbf_reader& reader, Budget& /*budget*/,
                   std::string_view& value) {
    const protozero::data_view bytes = reader.get_view();
    value = {bytes.data(), bytes.size()};
  }
};

template <typename T>
struct Value<std::optional<T>> {
  static constexpr auto kWire = Value<T>::kWire;
  static void Read(protozero::pbf_reader& reader, Budget& budget,
                   std::optional<T>& value) {
    if (!value) value.emplace();
    Value<T>::Read(reader, budget, *value);
  }
};

template <typename T>
struct Value<std::vector<T>> {
  static constexpr auto kWire = Value<T>::kWire;
  static void Read(protozero::pbf_reader& reader, Budget& budget,
                   std::vector<T>& values) {
    // A growing vector uses up to three times the size of its elements.
    budget.Charge(3 * sizeof(T));
    Value<T>::Read(reader, budget, values.emplace_back());
  }
};

/// An entry of a map.
template <>
struct Message<std::pair<std::string, std::string>> {
  using Entry = std::pair<std::string, std::string>;
  static constexpr auto kTable =
      std::make_tuple(Field{1, &Entry::first}, Field{2, &Entry::second});
};

/// Decodes the fields in Struct's table and skips all others. As in protobuf, a
/// field with a known number but another type counts as unknown.
/// @throws protozero::exception, BudgetError
template <typename Struct>
void DecodeInto(protozero::pbf_reader reader, Budget& budget, Struct& value) {
  const auto read_if = [&](const auto& field) {
    using Member = std::decay_t<decltype(value.*(field.member))>;
    if (reader.tag_and_type() !=
        protozero::tag_and_type(field.number, Value<Member>::kWire))
      return false;
    Value<Member>::Read(reader, budget, value.*(field.member));
    return true;
  };
  while (reader.next()) {
    const bool is_known = std::apply(
        [&](const auto&... fields) { return (read_if(fields) || ...); },
        Message<Struct>::kTable);
    if (!is_known) reader.skip();
  }
}

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_PROTOBUF_H_
