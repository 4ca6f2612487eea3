// SPDX-License-Identifier: Apache-2.0

#include "server/collection_responses.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "containercollector/processor.h"

namespace containercollector::server {
namespace {

/// Returns the index of the quote that ends a JSON string.
/// @param from Index of the string's first character.
std::size_t StringEnd(std::string_view json, std::size_t from) {
  while (json[from] != '"') from += json[from] == '\\' ? 2 : 1;
  return from;
}

/// Returns the first name of an encoded container, or its ID if it has no name.
/// A name longer than runtimes allow would make the error text too large.
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

/// Returns a sentence that names the three largest containers and their sizes.
/// Empty if the array is.
/// @param array Encoded by the library.
std::string DescribeLargest(std::string_view array) {
  std::vector<std::string_view> containers;
  std::size_t start = 0;
  int depth = 0;
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (array[i] == '"') {
      i = StringEnd(array, i + 1);
    } else if (array[i] == '{' && depth++ == 0) {
      start = i;
    } else if (array[i] == '}' && --depth == 0) {
      containers.push_back(array.substr(start, i + 1 - start));
    }
  }
  std::stable_sort(
      containers.begin(), containers.end(),
      [](const auto& a, const auto& b) { return a.size() > b.size(); });
  containers.resize(std::min<std::size_t>(containers.size(), 3));
  std::string text;
  for (const std::string_view container : containers) {
    text += text.empty() ? "The largest: " : ", ";
    text += NameOf(container);
    text += " with " + std::to_string(container.size()) + " bytes";
  }
  return text.empty() ? text : text + ". ";
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

HttpResponse CollectionResponses::For(const Collection& collection,
                                      const std::optional<std::string>& key) {
  const Response& array = collection.response;
  HttpResponse response{array.status, array.content_type, array.headers,
                        collection.body};
  if (array.error) return response;
  const std::lock_guard lock(mutex_);
  std::size_t bytes = response.body->size();
  if (key) {
    if (key_ != *key || array_.lock() != response.body) {
      object_bytes_ = ObjectSize(*response.body, *key);
      object_.reset();
      array_ = response.body;
      key_ = *key;
    }
    bytes = object_bytes_;
  }
  const std::size_t limit = key ? limits_.object_bytes : limits_.array_bytes;
  if (limit > 0 && bytes > limit) {
    if (described_array_.lock() != response.body) {
      largest_ = DescribeLargest(*response.body);
      described_array_ = response.body;
    }
    return TextResponse(
        500, "The " + std::to_string(array.container_count) +
                 " containers of this node make an answer of " +
                 std::to_string(bytes) + " bytes, more than the limit of " +
                 std::to_string(limit) + " bytes (--max-answer-bytes). " +
                 largest_ +
                 "Narrow it with filters, e.g. "
                 R"(?filters={"status":["running"]}, or with limit.)");
  }
  if (!key) return response;
  auto object = object_.lock();
  if (object == nullptr) {
    object = std::make_shared<const std::string>(
        WrapContainers(*response.body, *key));
    object_ = object;
  }
  response.body = std::move(object);
  return response;
}

}  // namespace containercollector::server
