// SPDX-License-Identifier: Apache-2.0

/// Decodes JSON into the structs of the API.
#ifndef CONTAINERCOLLECTOR_SRC_JSON_DECODER_H_
#define CONTAINERCOLLECTOR_SRC_JSON_DECODER_H_

#include <cstddef>
#include <string>
#include <utility>

#include "lib/src/json/schema.h"

namespace containercollector::internal {

/// How many bytes the decoder appends to its text: a text with this much spare
/// capacity is decoded without a copy. The SIMD reader looks at whole blocks of
/// 16 bytes, so it may look this far past the end.
inline constexpr std::size_t kDecoderPadding = 16;

/// Decodes `json`, which is overwritten, into the value that `schema`
/// describes.
/// @throws Error kResponseMalformed, with a text that names the place.
void DecodeJson(std::string json, const Schema& schema, void* value);

template <typename T>
T DecodeJson(std::string json) {
  T value{};
  DecodeJson(std::move(json), kSchema<T>, &value);
  return value;
}

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_JSON_DECODER_H_
