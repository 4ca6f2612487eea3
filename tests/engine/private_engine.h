// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_PRIVATE_ENGINE_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_PRIVATE_ENGINE_H_

#include <string>

#include "tests/engine/daemon_process.h"
#include "tests/support/process.h"

namespace containercollector::engine {

/// The commands of an engine that keeps everything in one directory.
struct EngineCommands {
  test::Command daemon;  ///< Serves Docker's API on `sock` in that directory.
  test::Command client;  ///< Manages the daemon's containers.
  std::string image;     ///< The name that busybox is imported as.
};

/// dockerd with its own containerd. The dockerds of one sandbox share the
/// default bridge, so only one of them can use it.
EngineCommands DockerCommands(const std::string& directory);
EngineCommands PodmanCommands(const std::string& directory);

/// A real engine in the sandbox with one image, which has busybox.
class PrivateEngine {
 public:
  /// Creates `directory`, starts the daemon and imports the image.
  PrivateEngine(const EngineCommands& commands, const std::string& directory);

  /// Runs the engine's client and returns its output.
  /// @throws std::runtime_error if it fails.
  std::string Run(const test::Command& arguments) const;

  DaemonProcess& process() { return process_; }
  const std::string& socket() const { return process_.socket(); }

 private:
  test::Command client_;
  DaemonProcess process_;
};

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_PRIVATE_ENGINE_H_
