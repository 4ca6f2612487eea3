// SPDX-License-Identifier: Apache-2.0
/// Decodes JSON. See also containercollector/json.h.
#ifndef CONTAINERCOLLECTOR_SRC_JSON_DECODER_H_
#define CONTAINERCOLLECTOR_SRC_JSON_DECODER_H_

#include <cstddef>
#include <string>
#include <utility>

#include "containercollector/error.h"
#include "lib/src/json/schema.h"

namespace containercollector::internal {

/// The number of bytes that the decoder appends to its text; with this much
/// spare capacity, the text is not copied. The reader processes words of eight
/// bytes, the last of which may begin at the end of the text.
inline constexpr std::size_t kDecoderPadding = 8;

/// Thrown by the decoder. A separate type, because visitors can throw Error
/// too.
class DecodeError : public Error {
 public:
  using Error::Error;
};

/// Decodes `json`, which is overwritten, into the value that `schema`
/// describes. Leaves the value's maps unsorted.
/// @throws DecodeError kResponseMalformed; the text names the place.
void DecodeUnsorted(std::string json, const Schema& schema, void* value);

template <typename T>
T DecodeJson(std::string json) {
  T value{};
  DecodeUnsorted(std::move(json), kSchema<T>, &value);
  MapFiller::Sort(value);
  return value;
}

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_JSON_DECODER_H_
