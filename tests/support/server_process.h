// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_SERVER_PROCESS_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_SERVER_PROCESS_H_

#include <cstddef>
#include <string>

#include "tests/support/program.h"

namespace containercollector::test {

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

  std::size_t Threads() const { return ThreadsOf(pid()); }
  std::size_t OpenFiles() const { return OpenFilesOf(pid()); }
  std::size_t ResidentKiB() const { return MemoryOf(pid()).resident; }

 private:
  std::string url_;
};

/// Runs the server's binary until it ends by itself.
Output RunServer(const Command& arguments, const Environment& environment = {});

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_SERVER_PROCESS_H_
