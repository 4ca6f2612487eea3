// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_SANDBOX_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_SANDBOX_H_

#include <functional>
#include <string>

namespace containercollector::engine {

/// Where a sandbox keeps what it needs.
struct Sandbox {
  std::string directory;  ///< Empty at first, short enough for sockets in it.
  std::string cgroup;     ///< The parent cgroup for all containers.
};

/// The sandbox that this process runs in.
const Sandbox& ThisSandbox();

/// Runs `body` in a process with mounts, network and process ids of its own and
/// returns its exit code. Whatever `body` started, mounted or wrote in
/// ThisSandbox() is gone afterwards, however it ended, so the daemons in it can
/// be left to themselves and meet no other daemon of the machine. Needs root,
/// and a caller without other threads.
int RunInSandbox(const std::function<int()>& body);

/// Whether this process may make a sandbox.
bool CanMakeSandbox();

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_SANDBOX_H_
