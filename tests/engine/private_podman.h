// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_PRIVATE_PODMAN_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_PRIVATE_PODMAN_H_

#include <string>

#include "tests/engine/daemon_process.h"
#include "tests/support/process.h"

namespace containercollector::engine {

/// A real Podman service in the sandbox, with the image `localhost/busybox:1`.
class PrivatePodman {
 public:
  /// Keeps everything in `directory`, which it creates.
  explicit PrivatePodman(const std::string& directory);

  /// Runs the podman command on the same containers and returns its output.
  /// Throws std::runtime_error unless that succeeds.
  std::string Podman(const test::Command& arguments) const;

  DaemonProcess& process() { return process_; }
  const std::string& socket() const { return process_.socket(); }

 private:
  test::Command podman_;
  DaemonProcess process_;
};

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_PRIVATE_PODMAN_H_
