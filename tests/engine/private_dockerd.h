// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_PRIVATE_DOCKERD_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_PRIVATE_DOCKERD_H_

#include <string>

#include "tests/engine/daemon_process.h"
#include "tests/support/process.h"

namespace containercollector::engine {

/// A real dockerd in the sandbox, with a containerd of its own and the image
/// `busybox:1`.
class PrivateDockerd {
 public:
  /// Keeps everything in `directory`, which it creates. The dockerds of one
  /// sandbox share the default bridge, so only one of them can use it.
  explicit PrivateDockerd(const std::string& directory);

  /// Runs the docker command against it and returns its output. Throws
  /// std::runtime_error unless that succeeds.
  std::string Docker(const test::Command& arguments) const;

  DaemonProcess& process() { return process_; }
  const std::string& socket() const { return process_.socket(); }

 private:
  DaemonProcess process_;
};

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_PRIVATE_DOCKERD_H_
