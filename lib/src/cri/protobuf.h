// SPDX-License-Identifier: Apache-2.0
/// What the decoders of messages share. Include it only in lib/src/cri.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_PROTOBUF_H_
#define CONTAINERCOLLECTOR_SRC_CRI_PROTOBUF_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <string_view>

#include "lib/src/cri/messages.h"

namespace containercollector::internal::cri {

/// Cases of a switch over pbf_reader::tag_and_type(). A field of a known number
/// and another type is an unknown field, as protobuf says.
constexpr std::uint32_t Text(std::uint32_t tag) {
  return protozero::tag_and_type(tag,
                                 protozero::pbf_wire_type::length_delimited);
}
constexpr std::uint32_t Number(std::uint32_t tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::varint);
}

/// Calls `decode` with a reader of each field `field`, and skips the others.
template <typename Decode>
void EachOf(std::uint32_t field, protozero::pbf_reader reader,
            const Decode& decode) {
  while (reader.next()) {
    if (reader.tag_and_type() == field) {
      decode(reader);
    } else {
      reader.skip();
    }
  }
}

/// What the entries of a message may take in memory: a message of many almost
/// empty entries is small, and they are not.
class Room {
 public:
  explicit Room(std::string_view message)
      : bytes_left_(std::max(kAlways, message.size() * kFactor)) {}

  template <typename Entry>
  void TakeFor() {
    if (sizeof(Entry) > bytes_left_)
      throw MessageError("too many entries for the size of the message");
    bytes_left_ -= sizeof(Entry);
  }

 private:
  static constexpr std::size_t kAlways = std::size_t{1} << 20;
  static constexpr std::size_t kFactor = 12;
  std::size_t bytes_left_;
};

/// Calls `decode`, and makes an error of protozero one of this place.
template <typename Decode>
void At(const char* place, const Decode& decode) {
  try {
    decode();
  } catch (const protozero::exception& error) {
    throw MessageError(std::string(place) + ": " + error.what());
  }
}

/// As At(), for an entry of a list.
template <typename Decode>
void At(const char* list, std::size_t index, const Decode& decode) {
  const auto rethrow = [&](const char* why) {
    throw MessageError(std::string(list) + "[" + std::to_string(index) +
                       "]: " + why);
  };
  try {
    decode();
  } catch (const MessageError& error) {
    rethrow(error.what());
  } catch (const protozero::exception& error) {
    rethrow(error.what());
  }
}

void DecodeImage(protozero::pbf_reader reader, Image& image);
ContainerState ToContainerState(std::int32_t value);
SandboxState ToSandboxState(std::int32_t value);

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_PROTOBUF_H_
