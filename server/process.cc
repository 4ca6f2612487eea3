// SPDX-License-Identifier: Apache-2.0

#include "server/process.h"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

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

std::optional<std::chrono::nanoseconds> CpuTime() {
  timespec time{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0) return std::nullopt;
  return std::chrono::seconds(time.tv_sec) +
         std::chrono::nanoseconds(time.tv_nsec);
}

std::optional<std::uint64_t> CountOpenFiles() {
  std::error_code error;
  std::uint64_t count = 0;
  std::filesystem::directory_iterator file("/proc/self/fd", error);
  for (; !error && file != end(file); file.increment(error)) ++count;
  // Without the one that reads the directory.
  return error ? std::nullopt : std::optional(count - 1);
}

}  // namespace

void OpenStandardFiles() {
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // A new file gets the lowest number that is free.
    if (fcntl(file, F_GETFD) < 0 && open("/dev/null", O_RDWR) != file)
      Check(errno, "Cannot open /dev/null");
  }
}

void Background::Run(std::function<void()> work) {
  // Set once: the thread reads it.
  if (state_->work == nullptr) state_->work = std::move(work);
  if (state_->requests++ > 0) return;
  try {
    std::thread([state = state_] {
      int done = 0;
      do {
        done = state->requests;
        state->work();
      } while ((state->requests -= done) > 0);
    }).detach();
  } catch (const std::system_error&) {
    state_->work();
    state_->requests = 0;
  }
}

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

ProcessUsage ReadProcessUsage() {
  ProcessUsage usage;
  usage.cpu_time = CpuTime();
  std::uint64_t virtual_pages = 0;
  std::uint64_t resident_pages = 0;
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  if (std::ifstream("/proc/self/statm") >> virtual_pages >> resident_pages) {
    usage.virtual_bytes = virtual_pages * page;
    usage.resident_bytes = resident_pages * page;
  }
  usage.open_files = CountOpenFiles();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    usage.max_open_files = limit.rlim_cur;
  return usage;
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
