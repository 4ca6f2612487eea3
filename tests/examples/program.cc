// SPDX-License-Identifier: Apache-2.0

#include "tests/examples/program.h"

#include <utility>

#include "containercollector/json.h"
#include "tests/support/catch.h"
#include "tests/support/wait.h"

namespace containercollector::test {
namespace {

constexpr std::chrono::seconds kBound{60};

bool WaitFor(const std::string& path, std::string_view text) {
  return WaitUntil(
      [&] { return ReadFile(path).find(text) != std::string::npos; }, kBound);
}

}  // namespace

Command WithoutDockerEnvironment(Command command) {
  Command clean{"env", "--unset=DOCKER_HOST", "--unset=DOCKER_API_VERSION",
                "--unset=DOCKER_CERT_PATH", "--unset=DOCKER_TLS_VERIFY"};
  for (std::string& word : command) clean.push_back(std::move(word));
  return clean;
}

Output RunProgram(Command command) {
  return Run(WithoutDockerEnvironment(std::move(command)));
}

RunningProgram::RunningProgram(Command command)
    : process_(WithoutDockerEnvironment(std::move(command)), OpenLog(out_path_),
               OpenLog(err_path_)) {}

bool RunningProgram::WaitForOut(std::string_view text) const {
  return WaitFor(out_path_, text);
}

bool RunningProgram::WaitForErr(std::string_view text) const {
  return WaitFor(err_path_, text);
}

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
