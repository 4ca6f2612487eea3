// SPDX-License-Identifier: Apache-2.0

/// The result of one collection.
#ifndef CONTAINERCOLLECTOR_SERVER_COLLECT_COLLECTION_H_
#define CONTAINERCOLLECTOR_SERVER_COLLECT_COLLECTION_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "containercollector/error.h"

namespace containercollector::server {

/// What one collection gave: the containers, or why there are none. Immutable;
/// all requests of a batch share it.
struct Collection {
  /// The containers as a JSON array. Null if the collection failed.
  std::shared_ptr<const std::string> json;
  /// Further headers of the response.
  std::vector<std::pair<std::string, std::string>> headers;
  std::size_t container_count = 0;
  /// What responded, and why it was asked, for people.
  std::string runtime;
  /// Why the collection failed, as a code and a text for people.
  std::optional<ErrorCode> error;
  std::string error_text;
};

using CollectionPtr = std::shared_ptr<const Collection>;

inline CollectionPtr FailedCollection(ErrorCode error, std::string text) {
  Collection collection;
  collection.error = error;
  collection.error_text = std::move(text);
  return std::make_shared<const Collection>(std::move(collection));
}

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_COLLECT_COLLECTION_H_
