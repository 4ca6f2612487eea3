// SPDX-License-Identifier: Apache-2.0

/// Decodes JSON into the structs of the API.
#ifndef CONTAINERCOLLECTOR_SRC_JSON_DECODER_H_
#define CONTAINERCOLLECTOR_SRC_JSON_DECODER_H_

#include <string>
#include <utility>

#include "lib/src/json/schema.h"

namespace containercollector::internal {

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
