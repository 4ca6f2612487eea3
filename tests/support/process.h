// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_PROCESS_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/environment.h"
#include "tests/support/file_descriptor.h"

namespace containercollector::test {

/// A program, which is looked up in PATH, and its arguments.
using Command = std::vector<std::string>;

/// Returns `command` with `arguments` added.
Command Joined(Command command, const Command& arguments);

/// Returns the command as a line for people. It is not quoted for a shell.
std::string ToString(const Command& command);

/// A child process in its own process group. Its destructor terminates it.
class Process {
 public:
  /// Starts `command` with nothing on standard input.
  /// @param environment Added to EnvironmentWith({}).
  /// @throws std::system_error if it cannot be started.
  Process(const Command& command, const FileDescriptor& out,
          const FileDescriptor& err, const Environment& environment = {});
  ~Process();

  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const noexcept { return pid_; }
  bool IsRunning();

  /// Returns the exit code, or 128 plus the signal that ended the process;
  /// nothing if it is still running after `bound`.
  std::optional<int> WaitForExit(std::chrono::milliseconds bound);

  /// Sends SIGTERM, then SIGKILL if the process has not ended after 20 seconds.
  /// Returns as WaitForExit().
  int Terminate();

  /// Sends SIGKILL. Returns as WaitForExit().
  int Kill();

  void Signal(int signal) const;

  /// Sends SIGSTOP and waits until the process has stopped. SIGCONT resumes it.
  /// @throws std::runtime_error if the process ends instead.
  void Suspend();

 private:
  int WaitForEver();

  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

/// The result of a process that has ended.
struct Output {
  int exit_code;
  std::string out;
  std::string err;
};

/// Runs `command` to its end.
/// @throws std::runtime_error if that takes more than two minutes.
Output Run(const Command& command, const Environment& environment = {});

/// Runs `command` to its end and returns its standard output.
/// @throws std::runtime_error with its standard error unless it exits with 0.
std::string RunSuccessfully(const Command& command);

/// Opens a file that the output of a process is appended to.
FileDescriptor OpenLog(const std::string& path);

/// Returns the whole content of a file.
/// @throws std::runtime_error if it cannot be read.
std::string ReadFile(const std::string& path);

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_PROCESS_H_
