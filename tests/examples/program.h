// SPDX-License-Identifier: Apache-2.0

/// The example programs as child processes, and nodes for them to look at.
#ifndef CONTAINERCOLLECTOR_TESTS_EXAMPLES_PROGRAM_H_
#define CONTAINERCOLLECTOR_TESTS_EXAMPLES_PROGRAM_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "containercollector/types.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/versioned_daemon.h"

namespace containercollector::test {

/// The command without what the environment of the tests says of Docker.
Command WithoutDockerEnvironment(Command command);

/// Runs a program to its end.
Output RunProgram(Command command);

/// A program that runs until it is told to end.
class RunningProgram {
 public:
  explicit RunningProgram(Command command);

  /// What it has written so far.
  std::string out() const { return ReadFile(out_path_); }
  std::string err() const { return ReadFile(err_path_); }

  /// Each waits until `text` has been written; false when it never is.
  bool WaitForOut(std::string_view text) const;
  bool WaitForErr(std::string_view text) const;

  /// SIGTERM. The exit code, or 128 and the signal.
  int Terminate() { return process_.Terminate(); }

 private:
  TempDir dir_;
  std::string out_path_ = dir_ / "out";
  std::string err_path_ = dir_ / "err";
  Process process_;
};

/// What an example says that cannot do its work.
void CheckFailed(const Output& output, int exit_code, const std::string& err);

/// A good daemon of a node with these containers.
VersionedDaemon DaemonWith(const std::vector<Container>& containers);

Container MakeContainer(const std::string& id, const std::string& name,
                        const std::string& state, const std::string& status);

/// The containers of the recorded node, made so long ago.
std::vector<Container> RecordedContainers(std::chrono::seconds age);

/// The time so long ago, as Docker writes it.
std::int64_t Ago(std::chrono::seconds age);

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_EXAMPLES_PROGRAM_H_
