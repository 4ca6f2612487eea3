// SPDX-License-Identifier: Apache-2.0

#include "tests/support/server_process.h"

#include <cstdlib>
#include <stdexcept>

namespace containercollector::test {

std::string ServerBinary() {
  const char* const path = std::getenv("CONTAINER_COLLECTOR_BINARY");
  return path == nullptr ? SERVER_BINARY : path;
}

ServerProcess::ServerProcess(const std::string& docker_endpoint,
                             const Command& arguments,
                             const Environment& environment)
    : Program(Joined({ServerBinary(), "--port", "0", "--docker-endpoint",
                      docker_endpoint},
                     arguments),
              environment) {
  const std::string kAnnouncement = "Listening on ";
  const std::string line = WaitForLine();
  if (line.rfind(kAnnouncement, 0) != 0)
    throw std::runtime_error("unexpected output of the server: " + line);
  url_ = line.substr(kAnnouncement.size());
}

Output RunServer(const Command& arguments, const Environment& environment) {
  return Run(Joined({ServerBinary()}, arguments), environment);
}

}  // namespace containercollector::test
