// SPDX-License-Identifier: Apache-2.0

/// Child processes, the server's among them, and environments.
#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_PROGRAM_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_PROGRAM_H_

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/posix.h"

namespace containercollector::test {

/// Environment variables and their values.
using Environment = std::map<std::string, std::string>;

/// Returns the environment of this process, without the variables that Docker,
/// Podman and their clients read, and with `variables` added.
Environment EnvironmentWith(const Environment& variables);

/// Gives this process EnvironmentWith(variables) until it goes out of scope.
///
/// Not thread-safe. Guards may be nested.
class ScopedEnvironment {
 public:
  ScopedEnvironment(std::initializer_list<Environment::value_type> variables);
  ~ScopedEnvironment();

  ScopedEnvironment(const ScopedEnvironment&) = delete;
  ScopedEnvironment& operator=(const ScopedEnvironment&) = delete;

 private:
  const Environment before_;
};

/// A program, which is looked up in PATH, and its arguments.
using Command = std::vector<std::string>;

/// Returns `command` with `arguments` added.
Command Joined(Command command, const Command& arguments);

/// Opens a file that the output of a process is appended to.
FileDescriptor OpenLog(const std::string& path);

/// A child process in its own process group. Its destructor terminates it.
class Process {
 public:
  /// Starts `command` with nothing on standard input.
  /// @param environment Added to EnvironmentWith({}).
  /// @throws std::system_error if it cannot be started.
  Process(const Command& command, const FileDescriptor& out,
          const FileDescriptor& err, const Environment& environment = {});
  ~Process() { Terminate(); }

  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const noexcept { return pid_; }
  bool IsRunning() { return !WaitForExit(std::chrono::milliseconds(0)); }

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
  void Suspend();

 private:
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

/// A running program whose output goes to files. Its destructor kills it.
class Program : private TempDir, public Process {
 public:
  /// @throws std::system_error if it cannot be started.
  explicit Program(const Command& command, const Environment& environment = {})
      : Process(command, OpenLog(*this / "out"), OpenLog(*this / "err"),
                environment) {}
  // Not SIGTERM: a server would first complete its pending requests.
  ~Program() { Kill(); }

  /// Waits for the program to end by itself. Returns its exit code, or 128 plus
  /// the signal that ended it.
  /// @throws std::runtime_error if that takes more than two minutes.
  int WaitForExit();

  /// What the program has written so far.
  std::string Output() const { return ReadFile(*this / "out"); }
  std::string ErrorOutput() const { return ReadFile(*this / "err"); }

  /// Each waits up to a minute for `text` to be written. Returns whether it
  /// was.
  bool WaitForOutput(std::string_view text) const;
  bool WaitForErrorOutput(std::string_view text) const;

  /// Waits for the first whole line of output and returns it.
  /// @throws std::runtime_error with the error output if the program ends
  /// without one, or if none is written within a minute.
  std::string WaitForLine();
};

/// The result of a program that has ended.
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

/// The resident memory of a process in KiB.
struct Memory {
  std::size_t resident = 0;
  std::size_t anonymous = 0;  ///< The part that no file backs: heap and stacks.
  std::size_t peak = 0;       ///< The largest resident size so far.
};

/// Each throws std::runtime_error if the process has ended.
Memory MemoryOf(pid_t pid);
std::size_t OpenFilesOf(pid_t pid);

/// Whether the memory of this build's programs tells something about that of a
/// release: sanitizers keep freed memory.
bool MemoryIsMeasurable();

/// The path of the server's binary: $CONTAINER_COLLECTOR_BINARY, or the binary
/// of this build.
std::string ServerBinary();

/// The server's binary, listening on a free port of 127.0.0.1.
class ServerProcess : public Program {
 public:
  /// @param arguments Further flags.
  /// @throws std::runtime_error with its error output if it does not listen.
  explicit ServerProcess(const std::string& docker_endpoint,
                         const Command& arguments = {},
                         const Environment& environment = {});

  /// For example http://127.0.0.1:8091.
  const std::string& url() const noexcept { return url_; }

  std::size_t Threads() const;
  std::size_t OpenFiles() const { return OpenFilesOf(pid()); }
  std::size_t ResidentKiB() const { return MemoryOf(pid()).resident; }

 private:
  std::string url_;
};

/// Runs the server's binary until it ends by itself.
Output RunServer(const Command& arguments, const Environment& environment = {});

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_PROGRAM_H_
