// SPDX-License-Identifier: Apache-2.0

#include "tests/examples/nodes.h"

#include "containercollector/json.h"
#include "tests/support/catch.h"

namespace containercollector::test {

void CheckFailed(const Output& output, int exit_code, const std::string& err) {
  CHECK(output.out.empty());
  CHECK(output.err == err);
  CHECK(output.exit_code == exit_code);
}

VersionedDaemon DaemonWith(const std::vector<Container>& containers) {
  VersionedDaemon daemon;
  daemon.containers_json = EncodeContainers(containers);
  return daemon;
}

Container MakeContainer(const std::string& id, const std::string& name,
                        const std::string& state, const std::string& status) {
  Container container;
  container.id = id;
  container.names = StringList{"/" + name};
  container.image = "busybox:1";
  container.command = "sleep 1000";
  container.state = state;
  container.status = status;
  return container;
}

std::vector<Container> RecordedContainers(std::chrono::seconds age) {
  std::vector<Container> containers =
      DecodeContainers(ReadFile(TEST_DATA_DIR "/recorded/docker-20.10.24.json"))
          .value();
  for (Container& container : containers) container.created = Ago(age);
  return containers;
}

std::int64_t Ago(std::chrono::seconds age) {
  return std::chrono::duration_cast<std::chrono::seconds>(
             (std::chrono::system_clock::now() - age).time_since_epoch())
      .count();
}

}  // namespace containercollector::test
