// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_LISTENING_SOCKET_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_LISTENING_SOCKET_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <variant>

#include "tests/support/event.h"
#include "tests/support/file_descriptor.h"

namespace containercollector::test {

struct UnixSocket {
  std::string path;
};

struct LoopbackTcp {
  /// 0 picks a free one.
  std::uint16_t port = 0;
};

using Address = std::variant<UnixSocket, LoopbackTcp>;

/// What becomes of the socket's file: a daemon that was killed leaves it, and
/// connecting to it is refused.
enum class SocketFile { kRemove, kLeave };

/// A socket that listens from its construction on. Takes the place of a unix
/// socket that nobody listens on, as dockerd does, but of nothing else.
class ListeningSocket {
 public:
  /// Throws std::system_error when the address cannot be had, and
  /// std::invalid_argument for a path too long for a unix socket.
  ListeningSocket(const Address& address, int backlog);
  ~ListeningSocket();

  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;

  /// In the syntax of DOCKER_HOST.
  const std::string& host() const noexcept { return host_; }

  /// Waits for a connection and returns its non-blocking socket, or an empty
  /// one once `stop` is set.
  FileDescriptor Accept(const Event& stop);

  /// Readable while a connection waits to be accepted.
  int fd() const noexcept { return socket_.get(); }

  void Close(SocketFile file) noexcept;

 private:
  void Bind(const UnixSocket& address);
  void Bind(const LoopbackTcp& address);
  void RemoveFile() noexcept;

  FileDescriptor socket_;
  std::string host_;
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_LISTENING_SOCKET_H_
