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

/// Appends to a string whose size it keeps ahead of its contents, so that a
/// part costs a copy and no check but for the room. Finish() makes the string's
/// size right; without it the string holds bytes of no meaning at its end.
///
/// Not RapidJSON's Writer: its buffer ignores a failed allocation, its result
/// would have to be copied, and it takes twice as long for short strings.
class Encoder {
 public:
  /// @param json Must outlive the encoder.
  explicit Encoder(std::string& json) : json_(json), size_(json.size()) {}
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  /// Appends a byte as it is.
  void Byte(char byte) { *Room(1) = byte, ++size_; }

  /// Appends a text as it is.
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

  /// Appends a text as a JSON string, with U+FFFD for each byte that is not
  /// part of valid UTF-8.
  void String(std::string_view text);

  /// Returns the number of bytes that the string has and this one appended.
  std::size_t size() const noexcept { return size_; }

  /// Goes back to a smaller size.
  void Truncate(std::size_t size) { size_ = size; }

  void Finish() { json_.resize(size_); }

 private:
  /// Returns where the next bytes go, with room for so many.
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
