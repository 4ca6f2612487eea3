// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_PROCESS_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/file_descriptor.h"

namespace containercollector::test {

/// A program and its arguments; the program is looked up in PATH.
using Command = std::vector<std::string>;

/// The command with further arguments.
Command Joined(Command command, const Command& arguments);

/// The command as a line to read, not to paste into a shell.
std::string ToString(const Command& command);

/// Owns a running child process in a process group of its own, and stops it
/// when it goes out of scope.
class Process {
 public:
  /// Starts `command` with nothing on standard input. Throws std::system_error
  /// when it cannot be started.
  Process(const Command& command, const FileDescriptor& out,
          const FileDescriptor& err);
  ~Process();

  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  bool IsRunning();

  /// The exit code, or 128 and the signal that ended the process. Nothing when
  /// it is still running after `bound`.
  std::optional<int> WaitForExit(std::chrono::milliseconds bound);

  /// SIGTERM, then SIGKILL if that does not do within a bounded time. Returns
  /// as WaitForExit().
  int Terminate();

  /// SIGKILL. Returns as WaitForExit().
  int Kill();

  void Signal(int signal) const;

 private:
  int WaitForEver();

  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

/// What a process that has ended left behind.
struct Output {
  int exit_code;
  std::string out;
  std::string err;
};

/// Runs `command` to its end. Throws std::runtime_error when it takes too long.
Output Run(const Command& command);

/// Runs `command` to its end and returns its standard output. Throws
/// std::runtime_error with its standard error unless it exits with 0.
std::string RunSuccessfully(const Command& command);

/// Opens a log file for the output of a process, which appends to it.
FileDescriptor OpenLog(const std::string& path);

std::string ReadFile(const std::string& path);

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_PROCESS_H_
