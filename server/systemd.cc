// SPDX-License-Identifier: Apache-2.0

#include "server/systemd.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string_view>
#include <system_error>

#include "server/log.h"

namespace containercollector::server {
namespace {

/// The first file descriptor that systemd passes.
constexpr int kFirstSocket = 3;

/// Returns an error text; empty if it succeeded.
std::string SendTo(std::string_view path, const std::string& state) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return "its path is too long";
  path.copy(static_cast<char*>(address.sun_path), path.size());
  // "@" stands for the NUL byte that begins an abstract name.
  if (path.front() == '@') address.sun_path[0] = '\0';
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::strerror(errno);
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const ssize_t sent =
      sendto(fd, state.data(), state.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address), size);
  std::string error = sent < 0 ? std::strerror(errno) : "";
  close(fd);
  return error;
}

}  // namespace

std::vector<int> TakeSystemdSockets() {
  const char* const pid = std::getenv("LISTEN_PID");
  const char* const count = std::getenv("LISTEN_FDS");
  std::vector<int> sockets;
  if (pid == nullptr || count == nullptr || std::to_string(getpid()) != pid)
    return sockets;
  int passed = 0;
  const std::string_view text = count;
  if (std::from_chars(text.data(), text.data() + text.size(), passed).ec !=
      std::errc())
    return sockets;
  for (int fd = kFirstSocket;
       fd < kFirstSocket + passed && fcntl(fd, F_GETFD) >= 0; ++fd)
    sockets.push_back(fd);
  return sockets;
}

void NotifySystemd(std::string state) noexcept {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || *path == '\0') return;
  try {
    if (state == "RELOADING=1") {
      // systemd compares it with CLOCK_MONOTONIC, which steady_clock is too.
      const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
          std::chrono::steady_clock::now().time_since_epoch());
      state += "\nMONOTONIC_USEC=" + std::to_string(now.count());
    }
    const std::string error = SendTo(path, state);
    if (error.empty()) return;
    Log(LogLevel::kWarning, "systemd could not be notified",
        {{"state", state}, {"socket", std::string(path)}, {"error", error}});
  } catch (const std::exception& error) {
    Log(LogLevel::kWarning, "systemd could not be notified",
        {{"error", std::string(error.what())}});
  }
}

}  // namespace containercollector::server
