// SPDX-License-Identifier: Apache-2.0

/// Programs that a test starts, and what they cost.
#ifndef CONTAINERCOLLECTOR_TESTS_SERVER_SERVER_PROCESS_H_
#define CONTAINERCOLLECTOR_TESTS_SERVER_SERVER_PROCESS_H_

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temp_dir.h"

namespace containercollector::test {

using Arguments = std::vector<std::string>;
using Environment = std::vector<std::pair<std::string, std::string>>;

/// A program that runs. Its output goes to files.
class ChildProcess {
 public:
  /// @param environment Is added to the test's own.
  ChildProcess(const std::string& program, const Arguments& arguments,
               const Environment& environment = {});
  /// Kills it where it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const noexcept { return pid_; }
  void Signal(int signal) const;

  /// SIGSTOP; returns when it has stopped.
  void Stop() const;

  /// Waits for its end. 128 and the signal's number where a signal ended it.
  int WaitForExit();

  std::string Output() const;
  std::string ErrorOutput() const;

  /// Waits until its output has a whole line, and returns the first.
  std::string WaitForLine();

  std::size_t Threads() const;
  std::size_t OpenFiles() const;
  std::size_t ResidentKiB() const;

 private:
  TempDir dir_;
  pid_t pid_ = -1;
};

/// The server's binary, listening.
class ServerProcess : public ChildProcess {
 public:
  /// Adds `--port 0`.
  explicit ServerProcess(const std::string& docker_endpoint,
                         Arguments arguments = {},
                         const Environment& environment = {});

  const std::string& url() const noexcept { return url_; }

 private:
  std::string url_;
};

/// Runs the server's binary until it ends by itself.
struct Ended {
  int exit_code = 0;
  std::string output;
  std::string error_output;
};
Ended RunServer(const Arguments& arguments,
                const Environment& environment = {});

/// Whether the memory of this build's programs says something about that of a
/// release: sanitizers keep what is freed.
bool MemoryIsMeasurable();

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SERVER_SERVER_PROCESS_H_
