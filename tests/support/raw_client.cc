// SPDX-License-Identifier: Apache-2.0

#include "tests/support/raw_client.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <stdexcept>

#include "tests/support/poll.h"
#include "tests/support/socket_address.h"
#include "tests/support/system_call.h"

namespace containercollector::test {
namespace {

constexpr std::string_view kUnix = "unix://";
constexpr std::string_view kLoopback = "tcp://127.0.0.1:";

template <typename Specific>
FileDescriptor Connect(const Specific& address, const std::string& host) {
  const int family = Generic(address)->sa_family;
  FileDescriptor socket(CheckSystemCall(
      ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  CheckSystemCall(::connect(socket.get(), Generic(address), sizeof(address)),
                  "connect to " + host);
  return socket;
}

FileDescriptor Connect(const std::string& host) {
  if (host.rfind(kUnix, 0) == 0) {
    return Connect(UnixAddress(host.substr(kUnix.size())), host);
  }
  if (host.rfind(kLoopback, 0) == 0) {
    const int port = std::stoi(host.substr(kLoopback.size()));
    return Connect(LoopbackAddress(static_cast<std::uint16_t>(port)), host);
  }
  throw std::invalid_argument("neither a unix socket nor loopback: " + host);
}

}  // namespace

RawClient::RawClient(const std::string& host) : socket_(Connect(host)) {}

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

void RawClient::FinishSending() {
  CheckSystemCall(::shutdown(socket_.get(), SHUT_WR), "shutdown");
}

RawClient::Received RawClient::Receive(std::size_t size,
                                       std::chrono::milliseconds timeout) {
  using std::chrono::steady_clock;
  const auto deadline = steady_clock::now() + timeout;
  Received result{{}, End::kEnough};
  while (result.bytes.size() < size && result.end == End::kEnough) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        deadline - steady_clock::now());
    const Received part = ReceiveSome(left, size - result.bytes.size());
    result.bytes += part.bytes;
    result.end = part.end;
  }
  return result;
}

RawClient::Received RawClient::ReceiveSome(std::chrono::milliseconds timeout,
                                           std::size_t limit) {
  std::array<char, 65536> buffer{};
  std::array<pollfd, 1> polled{{{socket_.get(), POLLIN, 0}}};
  if (!Poll(polled, timeout)) return {{}, End::kTimedOut};
  ssize_t received = 0;
  do {
    received =
        ::recv(socket_.get(), buffer.data(), std::min(buffer.size(), limit), 0);
  } while (received < 0 && errno == EINTR);
  if (received == 0) return {{}, End::kClosed};
  if (received > 0) {
    return {{buffer.data(), static_cast<std::size_t>(received)}, End::kEnough};
  }
  if (errno != ECONNRESET) ThrowErrno("recv");
  return {{}, End::kReset};
}

RawClient::Received RawClient::ReceiveToEnd(std::chrono::milliseconds timeout) {
  return Receive(std::numeric_limits<std::size_t>::max(), timeout);
}

}  // namespace containercollector::test
