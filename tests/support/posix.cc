// SPDX-License-Identifier: Apache-2.0

#include "tests/support/posix.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace containercollector::test {

void FileDescriptor::Reset() noexcept {
  // Linux frees the descriptor whatever close() returns.
  if (fd_ >= 0) static_cast<void>(::close(std::exchange(fd_, -1)));
}

sockaddr_un UnixAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path))
    throw std::invalid_argument("not the path of a Unix socket: " + path);
  path.copy(address.sun_path, path.size());
  return address;
}

sockaddr_in LoopbackAddress(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool Poll(std::vector<pollfd>& polled,
          std::optional<std::chrono::milliseconds> time) {
  using std::chrono::milliseconds;
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + time.value_or(milliseconds(0));
  for (;;) {
    const auto left =
        std::max(std::chrono::ceil<milliseconds>(deadline - Clock::now()),
                 milliseconds(0));
    const int ready = ::poll(polled.data(), polled.size(),
                             time ? static_cast<int>(left.count()) : -1);
    if (ready >= 0) return ready > 0;
    if (errno != EINTR) ThrowErrno("poll");
  }
}

bool SendAll(const FileDescriptor& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent =
        ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR) return false;
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

Event::Event()
    : fd_(CheckSystemCall(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                          "eventfd")) {}

void Event::Set() { CheckSystemCall(::eventfd_write(fd(), 1), "eventfd"); }

void Event::Clear() {
  eventfd_t ignored = 0;
  // Fails if it is not set.
  static_cast<void>(::eventfd_read(fd(), &ignored));
}

bool Event::IsSet() const {
  std::vector<pollfd> polled = {{fd(), POLLIN, 0}};
  return Poll(polled, std::chrono::milliseconds(0));
}

TempDir::TempDir() : path_("/tmp/containercollector.XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) ThrowErrno("mkdtemp " + path_);
}

TempDir::~TempDir() {
  // What cannot be removed is no reason to fail a test that passed.
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::operator/(std::string_view name) const {
  return path_ + "/" + std::string(name);
}

}  // namespace containercollector::test
