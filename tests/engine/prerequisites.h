// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_PREREQUISITES_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_PREREQUISITES_H_

#include <string>
#include <vector>

namespace containercollector::engine {

/// Which daemons are to be run.
struct Daemons {
  bool docker;
  bool podman;
  bool containerd = false;
};

/// PATH with the distribution's programs before others of the same name.
std::string DistributionFirst();

/// What this machine lacks to run them, one sentence each with the Debian
/// package that would help.
std::vector<std::string> MissingPrerequisites(const Daemons& daemons);

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_PREREQUISITES_H_
