// SPDX-License-Identifier: Apache-2.0

/// Appends the parts of a JSON text to a string.
#ifndef CONTAINERCOLLECTOR_SRC_JSON_TEXT_ENCODER_H_
#define CONTAINERCOLLECTOR_SRC_JSON_TEXT_ENCODER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace containercollector::internal {

/// Appends to a string whose size runs ahead of its contents, so that each
/// append is a copy with one check for room. Finish() sets the final size;
/// before that, the end of the string is undefined.
///
/// RapidJSON's Writer is not used: its buffer ignores failed allocations, its
/// result would have to be copied, and it is half as fast for short strings.
class Encoder {
 public:
  /// @param json Must outlive the encoder.
  explicit Encoder(std::string& json) : json_(json), size_(json.size()) {}
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  /// Appends a byte unchanged.
  void Byte(char byte) { *Room(1) = byte, ++size_; }

  /// Appends a text unchanged.
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

  /// Returns the size of the string, including what this encoder appended.
  std::size_t size() const noexcept { return size_; }

  /// Discards everything after the first `size` bytes.
  void Truncate(std::size_t size) { size_ = size; }

  void Finish() { json_.resize(size_); }

 private:
  /// Returns where to write the next bytes, with room for `bytes` of them.
  char* Room(std::size_t bytes) {
    if (json_.size() - size_ < bytes) Grow(bytes);
    return json_.data() + size_;
  }
  void Grow(std::size_t bytes);

  std::string& json_;
  std::size_t size_;
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_JSON_TEXT_ENCODER_H_
