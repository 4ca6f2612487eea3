// SPDX-License-Identifier: Apache-2.0

#include "lib/src/json/decoder.h"

// A namespace of its own keeps this reader apart from any other copy of
// RapidJSON in the program.
#define RAPIDJSON_NAMESPACE containercollector_rapidjson_reader
#define RAPIDJSON_NAMESPACE_BEGIN \
  namespace containercollector_rapidjson_reader {
#define RAPIDJSON_NAMESPACE_END }
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

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

/// UTF-8 that writes an escape of half a surrogate pair, `\udc00`, as U+FFFD,
/// as Go does.
struct Utf8WithoutSurrogates : rapid::UTF8<> {
  template <typename OutputStream>
  static void Encode(OutputStream& stream, unsigned code_point) {
    const bool is_surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    rapid::UTF8<>::Encode(stream, is_surrogate ? 0xFFFD : code_point);
  }
};

using InsituStream = rapid::GenericInsituStringStream<Utf8WithoutSurrogates>;

}  // namespace
}  // namespace containercollector::internal

namespace containercollector_rapidjson_reader {

/// Takes a run of plain bytes of a string at once. RapidJSON's own code for
/// SIMD takes the bytes before an aligned address one by one, and lets the
/// bytes 0x1A to 0x1F pass in some places.
template <>
struct Transcoder<containercollector::internal::Utf8WithoutSurrogates,
                  containercollector::internal::Utf8WithoutSurrogates>
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

}  // namespace containercollector_rapidjson_reader

namespace containercollector::internal {
namespace {

/// RapidJSON does not check whether an allocation for its stack failed.
struct ThrowingAllocator : rapid::CrtAllocator {
  void* Realloc(void* memory, std::size_t old_size, std::size_t new_size) {
    void* const moved = CrtAllocator::Realloc(memory, old_size, new_size);
    if (moved == nullptr && new_size > 0) throw std::bad_alloc();
    return moved;
  }
};

using Reader = rapid::GenericReader<Utf8WithoutSurrogates,
                                    Utf8WithoutSurrogates, ThrowingAllocator>;

[[noreturn]] void ThrowInvalidJson(std::size_t offset, std::string_view why) {
  // The sentences of RapidJSON end with a stop; this one goes on.
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
  json.append(kDecoderPadding, '\0');

  DecodeHandler handler(schema, value, size, is_ascii);
  Reader reader;
  InsituStream stream(json.data());
  const rapid::ParseResult result =
      reader.Parse < rapid::kParseInsituFlag |
      rapid::kParseIterativeFlag > (stream, handler);
  if (result.IsError()) {
    if (!handler.error().empty())
      throw DecodeError(ErrorCode::kResponseMalformed, handler.error());
    ThrowInvalidJson(result.Offset(), rapid::GetParseError_En(result.Code()));
  }
  // The reader takes a NUL byte for the end.
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
