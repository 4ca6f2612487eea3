// SPDX-License-Identifier: Apache-2.0
/// Encodes JSON without line breaks, always as valid UTF-8. See also
/// containercollector/json.h.
#ifndef CONTAINERCOLLECTOR_SRC_JSON_ENCODER_H_
#define CONTAINERCOLLECTOR_SRC_JSON_ENCODER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "containercollector/list_options.h"
#include "containercollector/types.h"

namespace containercollector::internal {

/// Appends the parts of a JSON text to a string whose size runs ahead of its
/// contents, so that each append is a copy with one check for room.
///
/// RapidJSON's Writer is not used: its buffer ignores failed allocations, its
/// result would have to be copied, and it is half as fast for short strings.
class Encoder {
 public:
  /// @param json The text to append to.
  explicit Encoder(std::string json = {})
      : json_(std::move(json)), size_(json_.size()) {}

  /// Byte() and Raw() append bytes unchanged.
  void Byte(char byte) { *Room(1) = byte, ++size_; }
  void Raw(std::string_view text) {
    std::memcpy(Room(text.size()), text.data(), text.size());
    size_ += text.size();
  }

  /// Appends `"key":`. The key must need no escapes.
  void Key(std::string_view key) {
    char* to = Room(key.size() + 3);
    *to++ = '"';
    std::memcpy(to, key.data(), key.size());
    to += key.size();
    *to++ = '"';
    *to = ':';
    size_ += key.size() + 3;
  }

  void Integer(std::int64_t value);

  /// Appends a text as a JSON string. Each invalid UTF-8 byte becomes U+FFFD.
  void String(std::string_view text);

  /// Ends an array or object, each element of which ends with a comma.
  void End(char bracket) {
    if (json_[size_ - 1] == ',') --size_;
    Byte(bracket);
  }

  std::size_t size() const noexcept { return size_; }
  std::string Take() {
    json_.resize(size_);
    return std::move(json_);
  }

 private:
  /// Returns where to write the next bytes, with room for `bytes` of them.
  char* Room(std::size_t bytes) {
    if (json_.size() - size_ < bytes) Grow(bytes);
    return json_.data() + size_;
  }
  void Grow(std::size_t bytes);

  std::string json_;
  std::size_t size_;
};

/// Encodes an array of containers, one container at a time.
class ContainerArrayEncoder {
 public:
  /// @param bytes The probable length of the array.
  explicit ContainerArrayEncoder(std::size_t bytes = 0);

  void Add(const Container& container);

  /// Drops each container whose ID appears again later. Keeps those without an
  /// ID. Nothing may be added afterwards.
  void KeepLastOfEachId();

  std::size_t count() const noexcept { return begins_.size(); }

  /// Returns the array. Nothing may be added afterwards.
  std::string Take();

 private:
  Encoder encoder_;
  std::vector<std::size_t> begins_;  // Where each container begins.
  std::vector<std::size_t> id_hashes_;
};

/// Returns for example `{"status":{"running":true}}`.
std::string EncodeFilters(const Filters& filters);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_JSON_ENCODER_H_
