// SPDX-License-Identifier: Apache-2.0

#include "server/file_limit.h"

#include <sys/resource.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace containercollector::server {

void AllowConnections(std::size_t connections) {
  // For connections to the daemon, what libraries keep open, and some to spare.
  constexpr std::size_t kOtherFiles = 128;
  const rlim_t needed = connections + kOtherFiles;

  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    throw std::system_error(errno, std::generic_category(),
                            "Cannot read the limit of open files");
  }
  if (limit.rlim_cur >= needed) return;
  limit.rlim_cur = needed;
  if (limit.rlim_max >= needed && setrlimit(RLIMIT_NOFILE, &limit) == 0) return;
  throw std::runtime_error(
      "Cannot serve " + std::to_string(connections) +
      " connections with at most " + std::to_string(limit.rlim_max) +
      " open files. Write less for --max-connections, or raise the limit to " +
      std::to_string(needed) + " (ulimit -n, or LimitNOFILE= of systemd).");
}

}  // namespace containercollector::server
