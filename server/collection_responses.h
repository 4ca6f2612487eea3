// SPDX-License-Identifier: Apache-2.0

/// The responses to requests for containers.
#ifndef CONTAINERCOLLECTOR_SERVER_COLLECTION_RESPONSES_H_
#define CONTAINERCOLLECTOR_SERVER_COLLECTION_RESPONSES_H_

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "server/collect/collection.h"
#include "server/http/http_handler.h"

namespace containercollector::server {

/// Largest bodies with containers; 0: no limit. Every KubeDiag can store the
/// defaults: its agent rejects responses over 2,097,152 bytes, and etcd stores
/// 1.5 MiB of a resource.
struct AnswerLimits {
  std::size_t array_bytes = 1'048'576;
  std::size_t object_bytes = 1'500'000;
};

/// Makes the responses of both routes. Thread-safe.
class CollectionResponses {
 public:
  explicit CollectionResponses(AnswerLimits limits) : limits_(limits) {}

  /// Returns the array or, with a key, the object whose value at that key is
  /// the array. If the collection failed or the body would be too large,
  /// returns that error. Consecutive requests for the same object share its
  /// body.
  HttpResponse For(const Collection& collection,
                   const std::optional<std::string>& key);

 private:
  const AnswerLimits limits_;

  std::mutex mutex_;
  // The last object.
  std::weak_ptr<const std::string> array_;
  std::string key_;
  std::size_t object_bytes_ = 0;
  std::weak_ptr<const std::string> object_;
  // The largest containers of the last array that was too large.
  std::weak_ptr<const std::string> described_array_;
  std::string largest_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_COLLECTION_RESPONSES_H_
