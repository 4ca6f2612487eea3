// SPDX-License-Identifier: Apache-2.0
#include "lib/src/json/decoder.h"

// A separate namespace, to avoid conflicts with other copies of RapidJSON in
// the program.
#define RAPIDJSON_NAMESPACE containercollector_rapidjson_reader
#define RAPIDJSON_NAMESPACE_BEGIN \
  namespace containercollector_rapidjson_reader {
#define RAPIDJSON_NAMESPACE_END }
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <string_view>
#include <vector>

#include "containercollector/json.h"
#include "lib/src/text.h"

namespace containercollector::internal {
namespace {

namespace rapid = containercollector_rapidjson_reader;

using Kind = Schema::Kind;

/// The same as in Go's encoding/json.
constexpr std::size_t kMaxDepth = 10000;

/// Limit on the decoded bytes per byte of JSON. Strings need at most 11
/// (`"",`). Only structs that are nearly empty, such as `{},`, need more; no
/// daemon sends those, and they could use a hundred times the memory of the
/// JSON.
constexpr std::uint64_t kMaxGrowth = 12;
/// Decoded bytes that are always allowed.
constexpr std::uint64_t kFreeGrowthBytes = std::uint64_t{1} << 20;

constexpr std::size_t kMaxKeyInText = 64;
/// The number of digits in the largest unsigned 64-bit number.
constexpr std::size_t kMaxWholeNumberInText = 20;

[[noreturn]] void Reject(const std::string& text) {
  throw DecodeError(ErrorCode::kResponseMalformed, text);
}

template <typename Integer>
bool ParseInto(void* value, std::string_view text) {
  const auto number = ParseNumber<Integer>(text);
  if (number) *static_cast<Integer*>(value) = *number;
  return number.has_value();
}

/// Receives the events of RapidJSON's reader and fills in the value. Throws
/// instead of returning false.
class Handler {
 public:
  /// @param is_utf8 Whether the JSON is valid UTF-8, so that no string needs
  /// repair.
  Handler(const Schema& schema, void* value, std::size_t json_bytes,
          bool is_utf8)
      : root_{&schema, value},
        room_(kMaxGrowth * json_bytes + kFreeGrowthBytes),
        is_utf8_(is_utf8) {}

  bool Null() {
    const Target target = Next();
    if (target.schema != nullptr && target.schema->set_null != nullptr)
      target.schema->set_null(target.value);
    return true;
  }

  bool Bool(bool value) {
    const Target target = Next();
    if (target.schema == nullptr) return true;
    CheckType(*target.schema, Kind::kBool, value ? "true" : "false");
    *static_cast<bool*>(target.value) = value;
    return true;
  }

  /// @param text A number in JSON syntax. As in Go, a number that is dropped
  /// may have any size.
  void Number(std::string_view text) {
    const Target target = Next();
    if (target.schema == nullptr) return;
    const Schema& schema = *target.schema;
    if (schema.kind == Kind::kInt64 &&
        ParseInto<std::int64_t>(target.value, text))
      return;
    if (schema.kind == Kind::kUint16 &&
        ParseInto<std::uint16_t>(target.value, text))
      return;
    const bool is_whole = text.find_first_of(".eE") == std::string_view::npos;
    RejectType(schema, is_whole && text.size() <= kMaxWholeNumberInText
                           ? text
                           : "a number with a fraction, an exponent or over "
                             "64 bits");
  }

  bool String(const char* text, unsigned length, bool /*copy*/) {
    const Target target = Next();
    if (target.schema == nullptr) return true;
    CheckType(*target.schema, Kind::kString, "a string");
    auto& string = *static_cast<std::string*>(target.value);
    if (is_utf8_) {
      string.assign(text, length);
    } else {
      string = RepairUtf8({text, length});
    }
    return true;
  }

  bool StartObject() { return Start(Kind::kObject, "an object"); }
  bool EndObject(unsigned /*members*/) { return End(); }
  bool StartArray() { return Start(Kind::kArray, "an array"); }
  bool EndArray(unsigned /*elements*/) { return End(); }

  bool Key(const char* text, unsigned length, bool /*copy*/) {
    if (skipped_depth_ > 0) return true;
    Frame& frame = frames_.back();
    frame.key = {text, length};
    if (frame.schema->kind == Kind::kObject) {
      member_ = FindField(frame);
    } else {
      member_ = is_utf8_ ? Append(frame, frame.key)
                         : Append(frame, RepairUtf8(frame.key));
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
    const FieldSchema* next_field;  // The field expected next.
    std::size_t elements = 0;       // Elements begun.
    std::string_view key = {};
  };

  Target Next() {
    if (skipped_depth_ > 0) return {};
    if (frames_.empty()) return root_;
    Frame& frame = frames_.back();
    return frame.schema->kind == Kind::kArray ? Append(frame, {}) : member_;
  }

  /// Appends an element to an array or a map.
  Target Append(Frame& frame, std::string_view key) {
    const Schema& schema = *frame.schema;
    ++frame.elements;
    if (schema.element_bytes > room_) {
      Reject(Place() +
             ": too many values that are almost empty: decoded, they take "
             "over " +
             std::to_string(kMaxGrowth) + " times the bytes of the JSON");
    }
    room_ -= schema.element_bytes;
    return {schema.element, schema.append(frame.value, key)};
  }

  /// Returns where to store the value of the key. Daemons send fields in struct
  /// order, so the first comparison usually succeeds.
  static Target FindField(Frame& frame) {
    const FieldSchema* const end =
        frame.schema->fields + frame.schema->field_count;
    const FieldSchema* field = frame.next_field;
    while (field != end && field->key != frame.key) ++field;
    if (field == end) field = FindAnyField(frame);
    if (field == end) return {};
    frame.next_field = field + 1;
    return {field->schema, field->member(frame.value)};
  }

  /// Not inlined, because that would slow the common case down.
  [[gnu::noinline]] static const FieldSchema* FindAnyField(const Frame& frame) {
    const FieldSchema* const begin = frame.schema->fields;
    const FieldSchema* const end = begin + frame.schema->field_count;
    const auto* const field =
        std::find_if(begin, frame.next_field,
                     [&](const auto& other) { return other.key == frame.key; });
    if (field != frame.next_field) return field;
    return std::find_if(begin, end, [&](const auto& other) {
      return EqualFold(other.key, frame.key);
    });
  }

  bool Start(Kind kind, std::string_view what) {
    if (frames_.size() + skipped_depth_ >= kMaxDepth)
      Reject("nested more than " + std::to_string(kMaxDepth) + " deep");
    const Target target = Next();
    if (target.schema == nullptr) {
      ++skipped_depth_;
      return true;
    }
    const Schema& schema = *target.schema;
    if (kind != Kind::kObject || schema.kind != Kind::kMap)
      CheckType(schema, kind, what);
    frames_.push_back(
        {&schema,
         schema.open == nullptr ? target.value : schema.open(target.value),
         schema.fields});
    return true;
  }

  bool End() {
    if (skipped_depth_ > 0) {
      --skipped_depth_;
    } else {
      frames_.pop_back();
    }
    return true;
  }

  void CheckType(const Schema& schema, Kind kind, std::string_view got) const {
    if (schema.kind != kind) RejectType(schema, got);
  }

  [[noreturn]] void RejectType(const Schema& schema,
                               std::string_view got) const {
    std::string text = Place();
    if (!text.empty()) text += ": ";
    Reject(text.append("expected ")
               .append(schema.expected)
               .append(", got ")
               .append(got));
  }

  /// Returns the current place, e.g. `[3].Labels["io.kubernetes.pod.name"]`.
  std::string Place() const {
    std::string place;
    for (const Frame& frame : frames_) {
      switch (frame.schema->kind) {
        case Kind::kArray:
          place += "[" + std::to_string(frame.elements - 1) + "]";
          break;
        case Kind::kMap:
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
  bool is_utf8_;
  Target member_;  // Where to store the value of the last key.
  std::vector<Frame> frames_;
  std::size_t skipped_depth_ = 0;  // Depth inside a dropped value.
};

/// A distinct encoding type selects the Transcoder below.
struct Utf8 : rapid::UTF8<> {};

/// RapidJSON does not check whether its stack could be allocated.
struct ThrowingAllocator : rapid::CrtAllocator {
  void* Realloc(void* memory, std::size_t old_size, std::size_t new_size) {
    void* const moved = CrtAllocator::Realloc(memory, old_size, new_size);
    if (moved == nullptr && new_size > 0) throw std::bad_alloc();
    return moved;
  }
};

using InsituStream = rapid::GenericInsituStringStream<Utf8>;
using Reader = rapid::GenericReader<Utf8, Utf8, ThrowingAllocator>;

constexpr unsigned kParseFlags =
    rapid::kParseInsituFlag | rapid::kParseIterativeFlag;

/// Moves past digits. Returns whether there are any.
bool SkipDigits(const char*& text) {
  const char* const begin = text;
  while (*text >= '0' && *text <= '9') ++text;
  return text != begin;
}

/// Moves past a number, or to where it violates JSON's syntax. Returns whether
/// it is valid.
bool SkipNumber(const char*& text) {
  if (*text == '-') ++text;
  if (*text == '0') {
    ++text;
  } else if (!SkipDigits(text)) {
    return false;
  }
  if (*text == '.' && !SkipDigits(++text)) return false;
  if (*text != 'e' && *text != 'E') return true;
  ++text;
  if (*text == '+' || *text == '-') ++text;
  return SkipDigits(text);
}

}  // namespace
}  // namespace containercollector::internal

namespace containercollector_rapidjson_reader {

/// Copies a run of plain bytes at once. RapidJSON's own SIMD code reads the
/// bytes before an aligned address one at a time, and misses the bytes 0x1A to
/// 0x1F in some places.
template <>
struct Transcoder<containercollector::internal::Utf8,
                  containercollector::internal::Utf8>
    : Transcoder<UTF8<>, UTF8<>> {
  using Stream = containercollector::internal::InsituStream;
  using Transcoder<UTF8<>, UTF8<>>::Transcode;

  /// @param stream At a plain byte.
  static bool Transcode(Stream& stream, Stream& /*same*/) {
    char* const end = containercollector::internal::EndOfPlain(stream.src_);
    const auto length = static_cast<std::size_t>(end - stream.src_);
    // They differ after the first escape.
    if (stream.dst_ != stream.src_)
      std::memmove(stream.dst_, stream.src_, length);
    stream.dst_ += length;
    stream.src_ = end;
    return true;
  }
};

/// Passes a number on as text. RapidJSON itself rejects numbers that exceed a
/// double, even if they are dropped.
template <>
template <>
void containercollector::internal::Reader::ParseNumber<
    containercollector::internal::kParseFlags>(
    containercollector::internal::InsituStream& is,
    containercollector::internal::Handler& handler) {
  const char* end = is.src_;
  if (!containercollector::internal::SkipNumber(end)) {
    RAPIDJSON_PARSE_ERROR(kParseErrorValueInvalid,
                          static_cast<std::size_t>(end - is.head_));
  }
  const auto length = static_cast<std::size_t>(end - is.src_);
  handler.Number({is.src_, length});
  is.src_ += length;
}

}  // namespace containercollector_rapidjson_reader

namespace containercollector::internal {
namespace {

/// Returns the UTF-16 code unit of the escape `\uXXXX` at `i`; 0 if there is no
/// escape.
unsigned EscapedUnit(std::string_view json, std::size_t i) {
  const std::string_view escape = json.substr(std::min(i, json.size()), 6);
  if (escape.size() < 6 || !StartsWith(escape, "\\u")) return 0;
  return ParseNumber<unsigned>(escape.substr(2), 16).value_or(0);
}

/// Replaces each escaped lone surrogate with an escaped U+FFFD, as Go does.
/// RapidJSON rejects some of them and turns others into invalid UTF-8.
void ReplaceLoneSurrogates(std::string& json) {
  const auto is_high = [](unsigned unit) { return unit >> 10 == 0xD800 >> 10; };
  const auto is_low = [](unsigned unit) { return unit >> 10 == 0xDC00 >> 10; };
  std::size_t i = json.find('\\');
  for (; i != std::string::npos; i = json.find('\\', i)) {
    const unsigned unit = EscapedUnit(json, i);
    if (is_high(unit) && is_low(EscapedUnit(json, i + 6))) {
      i += 12;
    } else {
      if (is_high(unit) || is_low(unit)) json.replace(i, 6, "\\ufffd");
      i += 2;
    }
  }
}

[[noreturn]] void RejectJson(std::size_t offset, std::string_view why) {
  // RapidJSON's sentences end with a full stop, but this one continues.
  if (why.back() == '.') why.remove_suffix(1);
  Reject("invalid JSON at byte " + std::to_string(offset) + ": " +
         std::string(why));
}

}  // namespace

void DecodeUnsorted(std::string json, const Schema& schema, void* value) {
  const std::size_t size = json.size();
  if (size > std::numeric_limits<rapid::SizeType>::max()) {
    throw DecodeError(ErrorCode::kResponseTooLarge,
                      "JSON of " + std::to_string(size) +
                          " bytes is more than this parser reads");
  }
  Handler handler(schema, value, size, IsValidUtf8(json));
  ReplaceLoneSurrogates(json);
  json.append(kDecoderPadding, '\0');

  Reader reader;
  InsituStream stream(json.data());
  const rapid::ParseResult result = reader.Parse<kParseFlags>(stream, handler);
  if (result.IsError())
    RejectJson(result.Offset(), rapid::GetParseError_En(result.Code()));
  // The reader takes a NUL byte for the end of the text.
  if (stream.Tell() != size)
    RejectJson(stream.Tell(), "a NUL byte follows the value");
}

}  // namespace containercollector::internal

namespace containercollector {
namespace {

/// An array whose containers are all decoded into the same object.
struct ContainerStream {
  static constexpr internal::Schema MakeSchema() {
    internal::Schema schema{internal::Schema::Kind::kArray, "an array"};
    schema.set_null = [](void* stream) {
      static_cast<ContainerStream*>(stream)->is_null = true;
    };
    schema.element = &internal::kSchema<Container>;
    schema.element_bytes = sizeof(Container);
    schema.append = [](void* stream, std::string_view /*key*/) -> void* {
      auto& self = *static_cast<ContainerStream*>(stream);
      self.VisitLast();
      return &self.container.emplace();
    };
    return schema;
  }

  void VisitLast() {
    if (!container) return;
    internal::MapFiller::Sort(*container);
    visitor(*container);
  }

  const ContainerVisitor& visitor;
  std::optional<Container> container = {};
  bool is_null = false;
};

}  // namespace

std::optional<std::vector<Container>> DecodeContainers(std::string json) {
  return internal::DecodeJson<std::optional<std::vector<Container>>>(
      std::move(json));
}

bool ForEachContainer(std::string json, const ContainerVisitor& visitor) {
  static constexpr internal::Schema kStream = ContainerStream::MakeSchema();
  ContainerStream stream{visitor};
  internal::DecodeUnsorted(std::move(json), kStream, &stream);
  stream.VisitLast();
  return !stream.is_null;
}

}  // namespace containercollector
