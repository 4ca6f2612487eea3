// SPDX-License-Identifier: Apache-2.0

/// Decodes JSON into the structs of the API.
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
  MapsIn<T>::Sort(value);
  return value;
}

/// Represents an array whose elements are all decoded into the same object.
template <typename Element, typename Visit>
struct ElementStream {
  explicit ElementStream(const Visit& visit_element) : visit(visit_element) {}

  static constexpr Schema MakeSchema() {
    Schema schema{Schema::Kind::kArray};
    schema.set_null = [](void* stream) {
      static_cast<ElementStream*>(stream)->is_null = true;
    };
    schema.open = [](void* stream) { return stream; };
    schema.element = &kSchema<Element>;
    schema.element_bytes = sizeof(Element);
    schema.append = [](void* stream) -> void* {
      Element& next = static_cast<ElementStream*>(stream)->element;
      next = Element{};
      return &next;
    };
    schema.element_done = [](void* stream) {
      auto& self = *static_cast<ElementStream*>(stream);
      MapsIn<Element>::Sort(self.element);
      self.visit(self.element);
    };
    return schema;
  }

  Element element{};
  bool is_null = false;
  const Visit& visit;
};

/// Decodes an array and calls `visit(Element&)` for each element, which is
/// valid only during the call.
/// @return False for null, Go's nil slice.
/// @throws DecodeError as DecodeUnsorted(), possibly after some elements were
/// visited, and whatever `visit` throws.
template <typename Element, typename Visit>
bool DecodeEach(std::string json, const Visit& visit) {
  static constexpr Schema kStream = ElementStream<Element, Visit>::MakeSchema();
  ElementStream<Element, Visit> stream(visit);
  DecodeUnsorted(std::move(json), kStream, &stream);
  return !stream.is_null;
}

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_JSON_DECODER_H_
