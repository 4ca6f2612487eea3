// SPDX-License-Identifier: Apache-2.0

#include "server/collection_responses.h"

#include <algorithm>

#include "containercollector/processor.h"

namespace containercollector::server {
namespace {

HttpResponse JsonResponse(std::shared_ptr<const std::string> json) {
  return {200, "application/json", {}, std::move(json)};
}

HttpResponse ErrorResponse(const Collection& collection) {
  const bool rejected = collection.error == ErrorCode::kRequestRejected;
  return TextResponse(rejected ? 400 : 500, collection.error_text);
}

bool Exceeds(std::size_t bytes, std::size_t limit) {
  return limit > 0 && bytes > limit;
}

HttpResponse AnswerTooLarge(std::size_t containers, std::size_t bytes,
                            std::size_t limit) {
  return TextResponse(
      500, "The " + std::to_string(containers) +
               " containers of this node make an answer of " +
               std::to_string(bytes) + " bytes, more than the limit of " +
               std::to_string(limit) +
               " bytes (--max-answer-bytes). Narrow it with filters, e.g. "
               R"(?filters={"status":["running"]}, or with limit.)");
}

/// Returns the size of WrapContainers(), which must not be built if it is too
/// large. In the JSON that the library encodes, no other bytes need an escape.
std::size_t ObjectSize(const std::string& array, const std::string& key) {
  const auto escapes = std::count_if(
      array.begin(), array.end(), [](char c) { return c == '"' || c == '\\'; });
  return WrapContainers("", key).size() + array.size() +
         static_cast<std::size_t>(escapes);
}

}  // namespace

HttpResponse CollectionResponses::Array(const Collection& collection) const {
  if (collection.error) return ErrorResponse(collection);
  const std::size_t bytes = collection.json->size();
  if (Exceeds(bytes, limits_.array_bytes)) {
    return AnswerTooLarge(collection.container_count, bytes,
                          limits_.array_bytes);
  }
  return JsonResponse(collection.json);
}

HttpResponse CollectionResponses::Object(const Collection& collection,
                                         const std::string& key) {
  if (collection.error) return ErrorResponse(collection);
  const std::lock_guard lock(mutex_);
  if (last_key_ != key || last_array_.lock() != collection.json) {
    last_size_ = ObjectSize(*collection.json, key);
    last_object_.reset();
    last_array_ = collection.json;
    last_key_ = key;
  }
  if (Exceeds(last_size_, limits_.object_bytes)) {
    return AnswerTooLarge(collection.container_count, last_size_,
                          limits_.object_bytes);
  }
  auto object = last_object_.lock();
  if (object == nullptr) {
    object = std::make_shared<const std::string>(
        WrapContainers(*collection.json, key));
    last_object_ = object;
  }
  return JsonResponse(std::move(object));
}

}  // namespace containercollector::server
