// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_PROGRAM_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_PROGRAM_H_

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "tests/support/environment.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace containercollector::test {

/// A running program whose output goes to files. Its destructor kills it.
class Program {
 public:
  /// Starts `command`.
  /// @throws std::system_error if it cannot be started.
  explicit Program(const Command& command, const Environment& environment = {});
  ~Program();

  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const noexcept { return process_.pid(); }
  void Signal(int signal) const { process_.Signal(signal); }
  void Suspend() { process_.Suspend(); }
  bool IsRunning() { return process_.IsRunning(); }

  /// Waits for the program to end by itself. Returns its exit code, or 128 plus
  /// the signal that ended it.
  /// @throws std::runtime_error if that takes more than two minutes.
  int WaitForExit();

  /// Sends SIGTERM. Returns as WaitForExit().
  int Terminate() { return process_.Terminate(); }

  /// What the program has written so far.
  std::string Output() const { return ReadFile(out_path_); }
  std::string ErrorOutput() const { return ReadFile(err_path_); }

  /// Each waits up to a minute for `text` to be written. Returns whether it
  /// was.
  bool WaitForOutput(std::string_view text) const;
  bool WaitForErrorOutput(std::string_view text) const;

  /// Waits for the first whole line of output and returns it.
  /// @throws std::runtime_error with the error output if the program ends
  /// without one, or if none comes within a minute.
  std::string WaitForLine();

 private:
  TempDir dir_;
  std::string out_path_ = dir_ / "out";
  std::string err_path_ = dir_ / "err";
  Process process_;
};

/// The resident memory of a process in KiB.
struct Memory {
  std::size_t resident = 0;
  std::size_t anonymous = 0;  ///< The part that no file backs: heap and stacks.
  std::size_t peak = 0;       ///< The largest resident size so far.
};

/// Each throws std::runtime_error if the process has ended.
Memory MemoryOf(pid_t pid);
std::size_t ThreadsOf(pid_t pid);
std::size_t OpenFilesOf(pid_t pid);

/// Whether the memory of this build's programs says something about that of a
/// release: sanitizers keep freed memory.
bool MemoryIsMeasurable();

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_PROGRAM_H_
