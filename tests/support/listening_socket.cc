// SPDX-License-Identifier: Apache-2.0

#include "tests/support/listening_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

#include "tests/support/poll.h"
#include "tests/support/socket_address.h"
#include "tests/support/system_call.h"

namespace containercollector::test {
namespace {

constexpr int kSocketType = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

FileDescriptor OpenSocket(int family) {
  return FileDescriptor(
      CheckSystemCall(::socket(family, kSocketType, 0), "socket"));
}

/// Whether `path` is a socket that a dead process left behind.
bool IsAbandoned(const std::string& path, const sockaddr_un& address) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) < 0 || !S_ISSOCK(status.st_mode)) {
    return false;
  }
  const FileDescriptor probe = OpenSocket(AF_UNIX);
  return ::connect(probe.get(), Generic(address), sizeof(address)) < 0 &&
         errno == ECONNREFUSED;
}

void SetOption(const FileDescriptor& socket, int level, int option) {
  const int on = 1;
  CheckSystemCall(::setsockopt(socket.get(), level, option, &on, sizeof(on)),
                  "setsockopt");
}

/// The errors with which accept() reports a connection that is gone again.
bool MayAcceptAgain(int error) {
  return error == EAGAIN || error == EINTR || error == ECONNABORTED;
}

}  // namespace

ListeningSocket::ListeningSocket(const Address& address, int backlog) {
  std::visit([this](const auto& specific) { Bind(specific); }, address);
  if (::listen(socket_.get(), backlog) < 0) {
    const int error = errno;
    RemoveFile();
    throw std::system_error(error, std::generic_category(),
                            "listen on " + host_);
  }
}

ListeningSocket::~ListeningSocket() { Close(SocketFile::kRemove); }

FileDescriptor ListeningSocket::Accept(const Event& stop) {
  for (;;) {
    std::array<pollfd, 2> polled{
        {{socket_.get(), POLLIN, 0}, {stop.fd(), POLLIN, 0}}};
    Poll(polled);
    if (polled[1].revents != 0) return FileDescriptor();
    FileDescriptor accepted(::accept4(socket_.get(), nullptr, nullptr,
                                      SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (accepted) {
      // Or the kernel would gather what a script sends byte by byte.
      if (path_.empty()) SetOption(accepted, IPPROTO_TCP, TCP_NODELAY);
      return accepted;
    }
    if (!MayAcceptAgain(errno)) ThrowErrno("accept on " + host_);
  }
}

void ListeningSocket::Close(SocketFile file) noexcept {
  if (!socket_) return;
  if (file == SocketFile::kRemove) RemoveFile();
  socket_.Reset();
}

void ListeningSocket::Bind(const UnixSocket& address) {
  const sockaddr_un bound = UnixAddress(address.path);
  host_ = "unix://" + address.path;
  if (IsAbandoned(address.path, bound)) {
    CheckSystemCall(::unlink(address.path.c_str()), "unlink " + address.path);
  }
  socket_ = OpenSocket(AF_UNIX);
  CheckSystemCall(::bind(socket_.get(), Generic(bound), sizeof(bound)),
                  "bind " + host_);
  struct stat status{};
  CheckSystemCall(::lstat(address.path.c_str(), &status),
                  "lstat " + address.path);
  path_ = address.path;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

void ListeningSocket::Bind(const LoopbackTcp& address) {
  sockaddr_in bound = LoopbackAddress(address.port);
  socket_ = OpenSocket(AF_INET);
  // A port must be free again as soon as its last daemon has stopped.
  SetOption(socket_, SOL_SOCKET, SO_REUSEADDR);
  CheckSystemCall(::bind(socket_.get(), Generic(bound), sizeof(bound)),
                  "bind 127.0.0.1:" + std::to_string(address.port));
  socklen_t size = sizeof(bound);
  CheckSystemCall(
      ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&bound), &size),
      "getsockname");
  host_ = "tcp://127.0.0.1:" + std::to_string(ntohs(bound.sin_port));
}

void ListeningSocket::RemoveFile() noexcept {
  struct stat status{};
  // Another daemon may have taken the path over; its socket is not ours.
  if (!path_.empty() && ::lstat(path_.c_str(), &status) == 0 &&
      status.st_dev == device_ && status.st_ino == inode_) {
    static_cast<void>(::unlink(path_.c_str()));
  }
}

}  // namespace containercollector::test
