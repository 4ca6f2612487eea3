// SPDX-License-Identifier: Apache-2.0
/// Nodes for the example programs to list, and checks of what they print.
#ifndef CONTAINERCOLLECTOR_TESTS_EXAMPLES_NODES_H_
#define CONTAINERCOLLECTOR_TESTS_EXAMPLES_NODES_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "containercollector/json.h"
#include "tests/integration/node.h"
#include "tests/support/program.h"

namespace containercollector::test {

/// Checks the exit code and the outputs of a program.
inline void CheckOutput(const Output& output, const std::string& out,
                        const std::string& err = "", int exit_code = 0) {
  CHECK(output.out == out);
  CHECK(output.err == err);
  CHECK(output.exit_code == exit_code);
}

/// Returns a daemon without faults that lists `containers`.
inline VersionedDaemon DaemonWith(const std::vector<Container>& containers) {
  return GoodDaemon(EncodeContainers(containers));
}

/// Returns the text for a node whose daemon was not started.
inline std::string CannotConnect(const Node& node) {
  return "Cannot connect to the Docker daemon at " + node.host() +
         ". Is the docker daemon running?\n";
}

inline Container MakeContainer(const std::string& id, const std::string& name,
                               const std::string& state,
                               const std::string& status) {
  Container container;
  container.id = id;
  container.names = StringList{"/" + name};
  container.image = "busybox:1";
  container.command = "sleep 1000";
  container.state = state;
  container.status = status;
  return container;
}

/// Returns the time `age` ago in seconds since 1970.
inline std::int64_t Ago(std::chrono::seconds age) {
  return std::chrono::duration_cast<std::chrono::seconds>(
             (std::chrono::system_clock::now() - age).time_since_epoch())
      .count();
}

/// Returns the containers of the recorded node, as if created `age` ago.
inline std::vector<Container> RecordedContainers(std::chrono::seconds age) {
  auto containers =
      DecodeContainers(ReadFile(TEST_DATA_DIR "/recorded/docker-20.10.24.json"))
          .value();
  for (Container& container : containers) container.created = Ago(age);
  return containers;
}

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_EXAMPLES_NODES_H_
