// SPDX-License-Identifier: Apache-2.0

/// Nodes for the example programs to look at, and checks of what they print.
#ifndef CONTAINERCOLLECTOR_TESTS_EXAMPLES_NODES_H_
#define CONTAINERCOLLECTOR_TESTS_EXAMPLES_NODES_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "containercollector/types.h"
#include "tests/support/program.h"
#include "tests/support/versioned_daemon.h"

namespace containercollector::test {

/// Checks a run that failed: the exit code, the error, and no output.
void CheckFailed(const Output& output, int exit_code, const std::string& err);

/// Returns a daemon without faults that lists `containers`.
VersionedDaemon DaemonWith(const std::vector<Container>& containers);

Container MakeContainer(const std::string& id, const std::string& name,
                        const std::string& state, const std::string& status);

/// Returns the containers of the recorded node, as if created `age` ago.
std::vector<Container> RecordedContainers(std::chrono::seconds age);

/// Returns the time `age` ago in seconds since 1970.
std::int64_t Ago(std::chrono::seconds age);

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_EXAMPLES_NODES_H_
