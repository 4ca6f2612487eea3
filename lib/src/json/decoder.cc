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
#include <charconv>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <string_view>

#include "containercollector/error.h"
#include "containercollector/json.h"
#include "lib/src/json/decode_handler.h"
#include "lib/src/json/plain_bytes.h"
#include "lib/src/json/utf8.h"

namespace containercollector::internal {
namespace {

namespace rapid = containercollector_rapidjson_reader;

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

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

const char* SkipDigits(const char* text) {
  while (IsDigit(*text)) ++text;
  return text;
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
  using Transcoder<UTF8<>, UTF8<>>::Transcode;

  /// @param stream At a plain byte.
  static bool Transcode(containercollector::internal::InsituStream& stream,
                        containercollector::internal::InsituStream& /*same*/) {
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
    containercollector::internal::kParseFlags,
    containercollector::internal::InsituStream,
    containercollector::internal::DecodeHandler>(
    containercollector::internal::InsituStream& is,
    containercollector::internal::DecodeHandler& handler) {
  using containercollector::internal::IsDigit;
  using containercollector::internal::SkipDigits;
  const char* const begin = is.src_;
  const auto offset = [&](const char* at) {
    return static_cast<std::size_t>(at - is.head_);
  };
  const char* end = begin + (*begin == '-' ? 1 : 0);
  if (!IsDigit(*end))
    RAPIDJSON_PARSE_ERROR(kParseErrorValueInvalid, offset(end));
  end = *end == '0' ? end + 1 : SkipDigits(end);
  if (*end == '.') {
    ++end;
    if (!IsDigit(*end))
      RAPIDJSON_PARSE_ERROR(kParseErrorNumberMissFraction, offset(end));
    end = SkipDigits(end);
  }
  if (*end == 'e' || *end == 'E') {
    ++end;
    if (*end == '+' || *end == '-') ++end;
    if (!IsDigit(*end))
      RAPIDJSON_PARSE_ERROR(kParseErrorNumberMissExponent, offset(end));
    end = SkipDigits(end);
  }
  is.src_ += end - begin;
  if (!handler.Number({begin, static_cast<std::size_t>(end - begin)}))
    RAPIDJSON_PARSE_ERROR(kParseErrorTermination, offset(begin));
}

}  // namespace containercollector_rapidjson_reader

namespace containercollector::internal {
namespace {

/// Returns the UTF-16 code unit of the escape `\uXXXX` at `i`; 0 if there is no
/// escape.
unsigned EscapedUnit(std::string_view json, std::size_t i) {
  const std::string_view escape = json.substr(std::min(i, json.size()), 6);
  unsigned unit = 0;
  if (escape.size() < 6 || escape.substr(0, 2) != "\\u") return 0;
  const char* const end = escape.data() + escape.size();
  return std::from_chars(escape.data() + 2, end, unit, 16).ptr == end ? unit
                                                                      : 0;
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

[[noreturn]] void ThrowInvalidJson(std::size_t offset, std::string_view why) {
  // RapidJSON's sentences end with a full stop, but this one continues.
  if (why.back() == '.') why.remove_suffix(1);
  throw DecodeError(ErrorCode::kResponseMalformed, "invalid JSON at byte " +
                                                       std::to_string(offset) +
                                                       ": " + std::string(why));
}

}  // namespace

void DecodeUnsorted(std::string json, const Schema& schema, void* value) {
  const std::size_t size = json.size();
  if (size > std::numeric_limits<rapid::SizeType>::max()) {
    throw DecodeError(ErrorCode::kResponseTooLarge,
                      "JSON of " + std::to_string(size) +
                          " bytes is more than this parser reads");
  }
  const bool is_ascii = IsAscii(json);
  ReplaceLoneSurrogates(json);
  json.append(kDecoderPadding, '\0');

  DecodeHandler handler(schema, value, size, is_ascii);
  Reader reader;
  InsituStream stream(json.data());
  const rapid::ParseResult result = reader.Parse<kParseFlags>(stream, handler);
  if (result.IsError()) {
    if (!handler.error().empty())
      throw DecodeError(ErrorCode::kResponseMalformed, handler.error());
    ThrowInvalidJson(result.Offset(), rapid::GetParseError_En(result.Code()));
  }
  // The reader takes a NUL byte for the end of the text.
  if (stream.Tell() != size)
    ThrowInvalidJson(stream.Tell(), "a NUL byte follows the value");
}

}  // namespace containercollector::internal

namespace containercollector {

std::optional<std::vector<Container>> DecodeContainers(std::string json) {
  return internal::DecodeJson<std::optional<std::vector<Container>>>(
      std::move(json));
}

bool ForEachContainer(std::string json, const ContainerVisitor& visitor) {
  return internal::DecodeEach<Container>(std::move(json), visitor);
}

}  // namespace containercollector
