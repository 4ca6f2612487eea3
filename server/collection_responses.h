// SPDX-License-Identifier: Apache-2.0

/// The responses to requests for containers.
#ifndef CONTAINERCOLLECTOR_SERVER_COLLECTION_RESPONSES_H_
#define CONTAINERCOLLECTOR_SERVER_COLLECTION_RESPONSES_H_

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

#include "server/collect/collection.h"
#include "server/http/http_message.h"

namespace containercollector::server {

/// Bounds on the bodies that hold containers; 0: no limit. By default what
/// every KubeDiag can store: its agent rejects responses over 2,097,152 bytes,
/// and etcd stores 1.5 MiB of a resource.
struct AnswerLimits {
  std::size_t array_bytes = 1'048'576;
  std::size_t object_bytes = 1'500'000;
};

/// Makes the responses of both routes. Thread-safe.
class CollectionResponses {
 public:
  explicit CollectionResponses(AnswerLimits limits) : limits_(limits) {}

  /// Returns the array, or why there is none: the error of the collection, or
  /// that the array is over its limit.
  HttpResponse Array(const Collection& collection);

  /// Returns the object whose value at `key` is the array, or why there is
  /// none. Consecutive requests for the same share it.
  HttpResponse Object(const Collection& collection, const std::string& key);

 private:
  /// Returns the response instead of a body of `bytes`. Needs `mutex_`.
  HttpResponse TooLarge(const Collection& collection, std::size_t bytes,
                        std::size_t limit);

  const AnswerLimits limits_;

  // The last object, so that the requests of a batch share it.
  std::mutex mutex_;
  std::weak_ptr<const std::string> last_array_;
  std::string last_key_;
  std::size_t last_size_ = 0;
  std::weak_ptr<const std::string> last_object_;

  // The largest containers of an array that was too large, named once for all
  // requests of a batch.
  std::weak_ptr<const std::string> described_array_;
  std::string largest_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_COLLECTION_RESPONSES_H_
