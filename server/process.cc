// SPDX-License-Identifier: Apache-2.0

#include "server/process.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <cerrno>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <system_error>

namespace containercollector::server {
namespace {

void Check(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

sigset_t SignalSet(std::initializer_list<int> signals) {
  sigset_t set;
  if (sigemptyset(&set) != 0) Check(errno, "sigemptyset");
  for (const int signal : signals)
    if (sigaddset(&set, signal) != 0) Check(errno, "sigaddset");
  return set;
}

}  // namespace

void BlockSignals() {
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  if (sigaction(SIGPIPE, &ignore, nullptr) != 0) Check(errno, "sigaction");
  const sigset_t set = SignalSet({SIGTERM, SIGINT, SIGHUP});
  Check(pthread_sigmask(SIG_BLOCK, &set, nullptr), "pthread_sigmask");
}

int WaitForSignal() {
  const sigset_t set = SignalSet({SIGTERM, SIGINT, SIGHUP});
  int signal = 0;
  Check(sigwait(&set, &signal), "sigwait");
  return signal;
}

void UnblockSignals() {
  const sigset_t set = SignalSet({SIGTERM, SIGINT});
  Check(pthread_sigmask(SIG_UNBLOCK, &set, nullptr), "pthread_sigmask");
}

void AllowConnections(std::size_t connections) {
  // For connections to the daemon, files that libraries keep open, and spare.
  constexpr std::size_t kOtherFiles = 128;
  const rlim_t needed = connections + kOtherFiles;

  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    Check(errno, "Cannot read the limit of open files");
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
