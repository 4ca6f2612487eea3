// SPDX-License-Identifier: Apache-2.0

#include "lib/src/json/decoder.h"

// With SIMD the reader takes a quarter less time. A namespace of its own keeps
// this reader apart from any other copy of RapidJSON in the program, which may
// have been compiled without.
#define RAPIDJSON_NAMESPACE containercollector_rapidjson_reader
#define RAPIDJSON_NAMESPACE_BEGIN \
  namespace containercollector_rapidjson_reader {
#define RAPIDJSON_NAMESPACE_END }
#if defined(__SSE2__)
#define RAPIDJSON_SSE2
#elif defined(__ARM_NEON)
#define RAPIDJSON_NEON
#endif
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <string>
#include <string_view>

#include "containercollector/error.h"
#include "containercollector/json.h"
#include "lib/src/json/decode_handler.h"

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

/// RapidJSON does not check whether an allocation for its stack failed.
struct ThrowingAllocator {
  static void* Realloc(void* memory, std::size_t /*old_size*/,
                       std::size_t new_size) {
    void* const moved = std::realloc(memory, new_size);
    if (moved == nullptr) throw std::bad_alloc();
    return moved;
  }
  static void Free(void* memory) { std::free(memory); }
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

/// RapidJSON's SSE2 code lets the bytes 0x1A to 0x1F pass in some places of a
/// string. They are not valid anywhere in JSON.
void RejectControlBytes(std::string_view json, std::size_t begin,
                        std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    if (json[i] >= 0x1A && json[i] <= 0x1F)
      ThrowInvalidJson(i, "Invalid encoding in string.");
  }
}

/// Looks at all bytes before they are parsed, eight at a time.
/// @return Whether the text is ASCII, so that its strings are valid UTF-8.
bool CheckBytes(std::string_view json) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighBits = 0x80 * kOnes;
  std::uint64_t any = 0;
  std::size_t i = 0;
  for (; i + sizeof(std::uint64_t) <= json.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, json.data() + i, sizeof word);
    any |= word;
    // Set for a byte below 0x20; a byte above one of those may be set too.
    if (((word - kOnes * 0x20) & ~word & kHighBits) != 0)
      RejectControlBytes(json, i, i + sizeof word);
  }
  RejectControlBytes(json, i, json.size());
  for (; i < json.size(); ++i) any |= static_cast<unsigned char>(json[i]);
  return (any & kHighBits) == 0;
}

}  // namespace

void DecodeUnsorted(std::string json, const Schema& schema, void* value) {
  const std::size_t size = json.size();
  if (size > std::numeric_limits<rapid::SizeType>::max()) {
    throw DecodeError(ErrorCode::kResponseTooLarge,
                      "JSON of " + std::to_string(size) +
                          " bytes is more than this parser reads");
  }
  const bool is_ascii = CheckBytes(json);
  json.append(kDecoderPadding, '\0');

  DecodeHandler handler(schema, value, size, is_ascii);
  Reader reader;
  rapid::InsituStringStream stream(json.data());
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
