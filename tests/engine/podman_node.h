// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_PODMAN_NODE_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_PODMAN_NODE_H_

#include <string>

#include "tests/engine/private_engine.h"

namespace containercollector::engine {

/// A Podman service with containers in the states, and with the networks,
/// mounts and labels, that its list of them shows.
class PodmanNode {
 public:
  static constexpr const char* kName = "podman";

  /// Keeps everything in `directory`, which it creates.
  explicit PodmanNode(const std::string& directory);

  PrivateEngine& engine() { return engine_; }
  const std::string& socket() const { return engine_.socket(); }

 private:
  PrivateEngine engine_;
};

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_PODMAN_NODE_H_
