// SPDX-License-Identifier: Apache-2.0

/// File descriptors, sockets, files and waiting.
#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_POSIX_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_POSIX_H_

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace containercollector::test {

[[noreturn]] inline void ThrowErrno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// Passes the result of a system call through, or throws what errno says.
inline int CheckSystemCall(int result, const std::string& what) {
  if (result < 0) ThrowErrno(what);
  return result;
}

/// Owns a file descriptor and closes it. Move-only.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
  ~FileDescriptor() { Reset(); }

  FileDescriptor(FileDescriptor&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

  void Reset() noexcept;

 private:
  int fd_ = -1;
};

/// Returns the address of a Unix socket.
/// @throws std::invalid_argument if the path is empty or too long.
sockaddr_un UnixAddress(const std::string& path);

sockaddr_in LoopbackAddress(std::uint16_t port);

/// The one cast that the socket interface needs.
template <typename Specific>
const sockaddr* Generic(const Specific& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

/// Calls poll() until something is ready or the time has passed, whatever
/// signals arrive. Returns false in the latter case.
bool Poll(std::vector<pollfd>& polled,
          std::optional<std::chrono::milliseconds> time = std::nullopt);

/// Sends all of `bytes` on a blocking socket. Returns false if the peer is
/// gone.
bool SendAll(const FileDescriptor& socket, std::string_view bytes);

/// Returns the whole content of a file.
/// @throws std::runtime_error if it cannot be read.
std::string ReadFile(const std::string& path);

/// A latch that poll() can wait for. Thread-safe.
class Event {
 public:
  Event();

  void Set();
  void Clear();
  bool IsSet() const;

  /// Readable while the event is set.
  int fd() const noexcept { return fd_.get(); }

 private:
  FileDescriptor fd_;
};

/// A directory in /tmp, so that the paths of sockets in it are short. Removed
/// with its content.
class TempDir {
 public:
  TempDir();
  ~TempDir();

  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const noexcept { return path_; }

  /// Returns the path of `name` in the directory.
  std::string operator/(std::string_view name) const;

 private:
  std::string path_;
};

/// Waits until `condition` holds. Returns false if `bound` passes first.
template <typename Condition>
bool WaitUntil(Condition condition, std::chrono::milliseconds bound) {
  const auto deadline = std::chrono::steady_clock::now() + bound;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_POSIX_H_
