// SPDX-License-Identifier: Apache-2.0

#include "server/process.h"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
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

void OpenStandardFiles() {
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // A new file gets the lowest number that is free.
    if (fcntl(file, F_GETFD) < 0 && open("/dev/null", O_RDWR) != file)
      Check(errno, "Cannot open /dev/null");
  }
}

void BlockSignals() {
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  if (sigaction(SIGPIPE, &ignore, nullptr) != 0) Check(errno, "sigaction");
  const sigset_t set = SignalSet({SIGTERM, SIGINT, SIGHUP});
  Check(pthread_sigmask(SIG_BLOCK, &set, nullptr), "pthread_sigmask");
}

void WaitForSignal(std::initializer_list<int> signals) {
  const sigset_t set = SignalSet(signals);
  int signal = 0;
  Check(sigwait(&set, &signal), "sigwait");
}

void UnblockSignals() {
  const sigset_t set = SignalSet({SIGTERM, SIGINT});
  Check(pthread_sigmask(SIG_UNBLOCK, &set, nullptr), "pthread_sigmask");
}

void AllowConnections(std::size_t connections) {
  // For connections to the runtime, files that libraries keep open, and a
  // reserve.
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
      " open files. Write less for --max-waiting, or raise the limit to " +
      std::to_string(needed) + " (ulimit -n, or LimitNOFILE= of systemd).");
}

void ReturnLargeBlocks() noexcept {
  // By default, the C library raises this threshold to the size of each freed
  // block, up to 32 MiB. The bodies of a large collection would then stay in
  // the arena of the thread that made it: after 10,000 containers (44 MiB of
  // JSON), 32 MiB stayed. Smaller blocks do stay in the arenas, because fresh
  // pages for each request cost more than decoding the containers: with the C
  // library's initial 128 KiB, a request for 250 containers takes 1.3 ms of
  // kernel time; with this value, 0.35 ms. With a single arena, threads would
  // block each other. The calls fail only for thresholds above 32 MiB.
  constexpr int kLargeBlock = 1024 * 1024;
  static_cast<void>(mallopt(M_MMAP_THRESHOLD, kLargeBlock));
  static_cast<void>(mallopt(M_TRIM_THRESHOLD, 2 * kLargeBlock));
}

}  // namespace containercollector::server
