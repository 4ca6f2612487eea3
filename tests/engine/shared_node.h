// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_SHARED_NODE_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_SHARED_NODE_H_

#include <exception>
#include <memory>
#include <string>

#include "tests/engine/sandbox.h"

namespace containercollector::engine {

/// The one node of its type that the tests share, made when the first of them
/// asks. When that fails it fails at once for all of them.
template <typename Node>
Node& SharedNode() {
  static std::unique_ptr<Node> node;
  static std::exception_ptr failure;
  if (failure) std::rethrow_exception(failure);
  if (!node) {
    try {
      node =
          std::make_unique<Node>(ThisSandbox().directory + "/" + Node::kName);
    } catch (...) {
      failure = std::current_exception();
      throw;
    }
  }
  return *node;
}

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_SHARED_NODE_H_
