// SPDX-License-Identifier: Apache-2.0

#include "server/collection_responses.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "containercollector/processor.h"

namespace containercollector::server {
namespace {

HttpResponse JsonResponse(const Collection& collection,
                          std::shared_ptr<const std::string> json) {
  return {200, "application/json", collection.headers, std::move(json)};
}

HttpResponse ErrorResponse(const Collection& collection) {
  const bool rejected = collection.error == ErrorCode::kRequestRejected;
  return TextResponse(rejected ? 400 : 500, collection.error_text);
}

bool Exceeds(std::size_t bytes, std::size_t limit) {
  return limit > 0 && bytes > limit;
}

/// Returns the index of the quote that ends a JSON string.
/// @param from Index of the string's first character.
std::size_t StringEnd(std::string_view json, std::size_t from) {
  while (json[from] != '"') from += json[from] == '\\' ? 2 : 1;
  return from;
}

/// Returns the largest containers of an array that the library encoded, each as
/// encoded: at most three, the largest first.
std::vector<std::string_view> LargestContainers(std::string_view array) {
  const auto larger = [](std::string_view a, std::string_view b) {
    return a.size() > b.size();
  };
  std::vector<std::string_view> largest;
  std::size_t start = 0;
  int depth = 0;
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (array[i] == '"') {
      i = StringEnd(array, i + 1);
    } else if (array[i] == '{' && depth++ == 0) {
      start = i;
    } else if (array[i] == '}' && --depth == 0) {
      const auto container = array.substr(start, i + 1 - start);
      largest.insert(
          std::upper_bound(largest.begin(), largest.end(), container, larger),
          container);
      if (largest.size() > 3) largest.pop_back();
    }
  }
  return largest;
}

/// Returns the first name of an encoded container, or its ID if it has no name.
/// A longer name than runtimes give would make the text itself large.
std::string_view NameOf(std::string_view container) {
  for (const std::string_view key : {R"("Names":[")", R"({"Id":")"}) {
    const std::size_t found = container.find(key);
    if (found == std::string_view::npos) continue;
    const std::size_t start = found + key.size();
    const std::size_t length = StringEnd(container, start) - start;
    if (length > 0 && length <= 400) return container.substr(start, length);
  }
  return "a container without a name";
}

/// Returns a sentence that names the largest containers and their sizes, empty
/// if the array is.
std::string DescribeLargest(std::string_view array) {
  std::string text;
  for (const std::string_view container : LargestContainers(array)) {
    text += text.empty() ? "The largest: " : ", ";
    text += NameOf(container);
    text += " with " + std::to_string(container.size()) + " bytes";
  }
  if (!text.empty()) text += ". ";
  return text;
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

HttpResponse CollectionResponses::Array(const Collection& collection) {
  if (collection.error) return ErrorResponse(collection);
  const std::size_t bytes = collection.json->size();
  if (Exceeds(bytes, limits_.array_bytes)) {
    const std::lock_guard lock(mutex_);
    return TooLarge(collection, bytes, limits_.array_bytes);
  }
  return JsonResponse(collection, collection.json);
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
    return TooLarge(collection, last_size_, limits_.object_bytes);
  }
  auto object = last_object_.lock();
  if (object == nullptr) {
    object = std::make_shared<const std::string>(
        WrapContainers(*collection.json, key));
    last_object_ = object;
  }
  return JsonResponse(collection, std::move(object));
}

HttpResponse CollectionResponses::TooLarge(const Collection& collection,
                                           std::size_t bytes,
                                           std::size_t limit) {
  if (described_array_.lock() != collection.json) {
    largest_ = DescribeLargest(*collection.json);
    described_array_ = collection.json;
  }
  return TextResponse(
      500, "The " + std::to_string(collection.container_count) +
               " containers of this node make an answer of " +
               std::to_string(bytes) + " bytes, more than the limit of " +
               std::to_string(limit) + " bytes (--max-answer-bytes). " +
               largest_ +
               "Narrow it with filters, e.g. "
               R"(?filters={"status":["running"]}, or with limit.)");
}

}  // namespace containercollector::server
