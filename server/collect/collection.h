// SPDX-License-Identifier: Apache-2.0

/// The result of one collection.
#ifndef CONTAINERCOLLECTOR_SERVER_COLLECT_COLLECTION_H_
#define CONTAINERCOLLECTOR_SERVER_COLLECT_COLLECTION_H_

#include <memory>
#include <string>

#include "containercollector/processor.h"

namespace containercollector::server {

/// The containers of this node, or why there are none. Immutable: all requests
/// of a batch share it.
struct Collection {
  Response response;  ///< The processor's, except for its body.
  std::shared_ptr<const std::string> body;
  /// A sentence that says which runtime responded, and why it was chosen.
  std::string runtime;
};

using CollectionPtr = std::shared_ptr<const Collection>;

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_COLLECT_COLLECTION_H_
