// SPDX-License-Identifier: Apache-2.0

#include "server/process.h"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "server/log.h"

namespace containercollector::server {
namespace {

void Check(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

sigset_t SignalSet(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
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
  if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) Check(errno, "signal");
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
  // block, up to 32 MiB, which then stay in the thread's arena. Smaller blocks
  // do stay, because fresh pages for each request cost more than decoding the
  // containers: with the initial 128 KiB, a request for 250 containers takes
  // 1.3 ms of kernel time; with this value, 0.35 ms. The calls fail only for
  // thresholds above 32 MiB.
  constexpr int kLargeBlock = 1024 * 1024;
  static_cast<void>(mallopt(M_MMAP_THRESHOLD, kLargeBlock));
  static_cast<void>(mallopt(M_TRIM_THRESHOLD, 2 * kLargeBlock));
}

std::vector<int> TakeSystemdSockets() {
  constexpr int kFirst = 3;
  const char* const pid = std::getenv("LISTEN_PID");
  const char* const count = std::getenv("LISTEN_FDS");
  std::vector<int> sockets;
  if (pid == nullptr || count == nullptr || std::to_string(getpid()) != pid)
    return sockets;
  const auto end = kFirst + std::strtol(count, nullptr, 10);
  for (int fd = kFirst; fd < end && fcntl(fd, F_GETFD) >= 0; ++fd)
    sockets.push_back(fd);
  return sockets;
}

void NotifySystemd(std::string state) noexcept {
  const char* const variable = std::getenv("NOTIFY_SOCKET");
  const std::string_view path = variable == nullptr ? "" : variable;
  if (path.empty()) return;
  try {
    if (state == "RELOADING=1") {
      // systemd compares it with CLOCK_MONOTONIC, which steady_clock is too.
      const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
          std::chrono::steady_clock::now().time_since_epoch());
      state += "\nMONOTONIC_USEC=" + std::to_string(now.count());
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path))
      throw std::runtime_error("its path is too long");
    path.copy(static_cast<char*>(address.sun_path), path.size());
    // "@" stands for the NUL byte of an abstract name.
    if (path.front() == '@') address.sun_path[0] = '\0';
    const auto size =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const ssize_t sent =
        fd < 0 ? -1
               : sendto(fd, state.data(), state.size(), MSG_NOSIGNAL,
                        reinterpret_cast<const sockaddr*>(&address), size);
    const std::error_code error(errno, std::generic_category());
    close(fd);
    if (sent < 0) throw std::system_error(error);
  } catch (const std::exception& error) {
    Log(LogLevel::kWarning, "systemd could not be notified",
        {{"state", state},
         {"socket", std::string(path)},
         {"error", error.what()}});
  }
}

}  // namespace containercollector::server
