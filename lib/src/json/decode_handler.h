// SPDX-License-Identifier: Apache-2.0

/// Handles the events of the JSON reader.
#ifndef CONTAINERCOLLECTOR_SRC_JSON_DECODE_HANDLER_H_
#define CONTAINERCOLLECTOR_SRC_JSON_DECODE_HANDLER_H_

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "containercollector/error.h"
#include "lib/src/json/decoder.h"
#include "lib/src/json/schema.h"
#include "lib/src/json/utf8.h"

namespace containercollector::internal {

/// The same as in Go's encoding/json.
inline constexpr std::size_t kMaxDepth = 10000;

/// Limit on the decoded bytes per byte of JSON. Strings need at most 11
/// (`"",`). Only structs that are nearly empty, such as `{},`, need more; no
/// daemon sends those, and they could use a hundred times the memory of the
/// JSON.
inline constexpr std::uint64_t kMaxGrowth = 12;
/// Decoded bytes that are always allowed.
inline constexpr std::uint64_t kFreeGrowthBytes = std::uint64_t{1} << 20;

inline constexpr std::size_t kMaxKeyInText = 64;
/// The number of digits in the largest unsigned 64-bit number.
inline constexpr std::size_t kMaxWholeNumberInText = 20;

/// Returns what a schema accepts, for error texts.
inline std::string Expected(const Schema& schema) {
  switch (schema.kind) {
    case Schema::Kind::kString:
      return "a string";
    case Schema::Kind::kBool:
      return "true or false";
    case Schema::Kind::kInteger:
      return "a whole number from " + std::to_string(schema.minimum) + " to " +
             std::to_string(schema.maximum);
    case Schema::Kind::kArray:
      return "an array";
    case Schema::Kind::kMap:
    case Schema::Kind::kObject:
      return "an object";
  }
  return {};
}

/// Receives the events of RapidJSON's reader, without depending on RapidJSON,
/// and fills in the value. If a function returns false, parsing ends and
/// error() says why.
class DecodeHandler {
 public:
  /// @param is_ascii Whether the text is ASCII, so that strings need no repair.
  DecodeHandler(const Schema& schema, void* value, std::size_t json_bytes,
                bool is_ascii)
      : root_{&schema, value},
        room_(kMaxGrowth * json_bytes + kFreeGrowthBytes),
        is_ascii_(is_ascii) {}

  const std::string& error() const { return error_; }

  bool Null() {
    const Target target = Next();
    if (target.schema == nullptr) return true;
    if (target.schema->set_null != nullptr)
      target.schema->set_null(target.value);
    ElementDone();
    return true;
  }

  bool Bool(bool value) {
    const Target target = Next();
    if (target.schema == nullptr) return true;
    if (target.schema->kind != Schema::Kind::kBool)
      return WrongType(*target.schema, value ? "true" : "false");
    *static_cast<bool*>(target.value) = value;
    return true;
  }

  /// @param text A number in JSON syntax. As in Go, a number that is dropped
  /// may have any size.
  bool Number(std::string_view text) {
    const Target target = Next();
    if (target.schema == nullptr) return true;
    std::int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error == std::errc() && rest == end) return Set(target, value, text);
    const bool is_whole = text.find_first_of(".eE") == std::string_view::npos;
    return WrongType(*target.schema,
                     is_whole && text.size() <= kMaxWholeNumberInText
                         ? text
                         : "a number with a fraction, an exponent or over "
                           "64 bits");
  }

  bool String(const char* text, unsigned length, bool /*copy*/) {
    const Target target = Next();
    if (target.schema == nullptr) return true;
    if (target.schema->kind != Schema::Kind::kString)
      return WrongType(*target.schema, "a string");
    const std::string_view bytes(text, length);
    auto& string = *static_cast<std::string*>(target.value);
    if (is_ascii_ || IsValidUtf8(bytes)) {
      string.assign(bytes);
    } else {
      string = RepairUtf8(bytes);
    }
    return true;
  }

  bool StartObject() { return Start(Schema::Kind::kObject, "an object"); }
  bool EndObject(unsigned /*members*/) { return End(); }
  bool StartArray() { return Start(Schema::Kind::kArray, "an array"); }
  bool EndArray(unsigned /*elements*/) { return End(); }

  bool Key(const char* text, unsigned length, bool /*copy*/) {
    if (skipped_depth_ > 0) return true;
    Frame& frame = frames_.back();
    frame.key = {text, length};
    if (frame.schema->kind == Schema::Kind::kMap) {
      TakeRoom(frame);
      const bool is_valid = is_ascii_ || IsValidUtf8(frame.key);
      member_ = {
          frame.schema->element,
          frame.schema->append_entry(
              frame.value,
              is_valid ? frame.key : std::string_view(RepairUtf8(frame.key)))};
    } else {
      member_ = FindField(frame);
    }
    return true;
  }

 private:
  /// Where to store a value. Without a schema, the value is dropped.
  struct Target {
    const Schema* schema = nullptr;
    void* value = nullptr;
  };

  /// An array, map or object that is being filled.
  struct Frame {
    const Schema* schema;
    void* value;
    std::size_t position = 0;  // Elements begun, or the field expected next.
    std::string_view key = {};
  };

  Target Next() {
    if (skipped_depth_ > 0) return {};
    if (frames_.empty()) return root_;
    Frame& frame = frames_.back();
    if (frame.schema->kind != Schema::Kind::kArray) return member_;
    ++frame.position;
    TakeRoom(frame);
    return {frame.schema->element, frame.schema->append(frame.value)};
  }

  /// Reserves room for the next element of a collection.
  void TakeRoom(const Frame& frame) {
    const std::size_t bytes = frame.schema->element_bytes;
    if (bytes > room_) {
      throw DecodeError(ErrorCode::kResponseMalformed,
                        Place() +
                            ": too many values that are almost empty: "
                            "decoded, they take over " +
                            std::to_string(kMaxGrowth) +
                            " times the bytes of the JSON");
    }
    room_ -= bytes;
  }

  /// Returns where to store the value of the key. Daemons send fields in struct
  /// order, so the first comparison usually succeeds.
  static Target FindField(Frame& frame) {
    const Schema& schema = *frame.schema;
    for (std::size_t tried = 0, i = frame.position; tried < schema.field_count;
         ++tried, ++i) {
      if (i >= schema.field_count) i = 0;
      if (schema.fields[i].key == frame.key) return TakeField(frame, i);
    }
    return FindFieldInOtherCase(frame);
  }

  /// Not inlined, because that would slow the common case down.
  [[gnu::noinline]] static Target FindFieldInOtherCase(Frame& frame) {
    for (std::size_t i = 0; i < frame.schema->field_count; ++i) {
      if (EqualFold(frame.schema->fields[i].key, frame.key))
        return TakeField(frame, i);
    }
    return {};
  }

  static Target TakeField(Frame& frame, std::size_t index) {
    frame.position = index + 1;
    const FieldSchema& field = frame.schema->fields[index];
    return {field.schema, field.member(frame.value)};
  }

  bool Start(Schema::Kind kind, std::string_view what) {
    if (frames_.size() + skipped_depth_ >= kMaxDepth) {
      error_ = "nested more than " + std::to_string(kMaxDepth) + " deep";
      return false;
    }
    const Target target = Next();
    if (target.schema == nullptr) {
      ++skipped_depth_;
      return true;
    }
    const bool fits = target.schema->kind == kind ||
                      (kind == Schema::Kind::kObject &&
                       target.schema->kind == Schema::Kind::kMap);
    if (!fits) return WrongType(*target.schema, what);
    frames_.push_back({target.schema, target.schema->open(target.value)});
    return true;
  }

  bool End() {
    if (skipped_depth_ > 0) {
      --skipped_depth_;
      return true;
    }
    frames_.pop_back();
    ElementDone();
    return true;
  }

  /// Called after a null or a collection, which may be an array's element.
  void ElementDone() {
    if (frames_.empty()) return;
    const Frame& frame = frames_.back();
    if (frame.schema->element_done != nullptr)
      frame.schema->element_done(frame.value);
  }

  bool Set(const Target& target, std::int64_t value, std::string_view text) {
    const Schema& schema = *target.schema;
    // Go accepts -0 as 0 if the type is signed.
    if (schema.kind != Schema::Kind::kInteger || value < schema.minimum ||
        value > schema.maximum || (schema.minimum == 0 && text == "-0")) {
      return WrongType(schema, text);
    }
    schema.set_integer(target.value, value);
    return true;
  }

  bool WrongType(const Schema& expected, std::string_view got) {
    const std::string place = Place();
    error_ = place + (place.empty() ? "" : ": ") + "expected " +
             Expected(expected) + ", got ";
    error_ += got;
    return false;
  }

  /// Returns the current place, e.g. `[3].Labels["io.kubernetes.pod.name"]`.
  std::string Place() const {
    std::string place;
    for (const Frame& frame : frames_) {
      switch (frame.schema->kind) {
        case Schema::Kind::kArray:
          place += "[" + std::to_string(frame.position - 1) + "]";
          break;
        case Schema::Kind::kMap:
          place +=
              "[\"" + RepairUtf8(frame.key.substr(0, kMaxKeyInText)) + "\"]";
          break;
        default:
          place += (place.empty() ? "" : ".") + std::string(frame.key);
      }
    }
    return place;
  }

  Target root_;
  std::uint64_t room_;  // Bytes still available for elements.
  bool is_ascii_;
  Target member_;  // Where to store the value of the last key.
  std::vector<Frame> frames_;
  std::size_t skipped_depth_ = 0;  // Depth inside a dropped value.
  std::string error_;
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_JSON_DECODE_HANDLER_H_
