// SPDX-License-Identifier: Apache-2.0

#include "tests/support/scripted_server.h"

#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>

namespace containercollector::test {
namespace {

bool MayRetry(int error) { return error == EAGAIN || error == EINTR; }

FileDescriptor OpenSocket(int family) {
  constexpr int kType = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  return FileDescriptor(CheckSystemCall(::socket(family, kType, 0), "socket"));
}

/// Removes a socket that a dead process left behind, and nothing else.
void RemoveAbandoned(const std::string& path, const sockaddr_un& address) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) < 0 || !S_ISSOCK(status.st_mode)) return;
  const FileDescriptor probe = OpenSocket(AF_UNIX);
  if (::connect(probe.get(), Generic(address), sizeof(address)) < 0 &&
      errno == ECONNREFUSED)
    CheckSystemCall(::unlink(path.c_str()), "unlink " + path);
}

template <typename Specific>
FileDescriptor Listen(const Specific& address, int backlog,
                      const std::string& host) {
  FileDescriptor socket = OpenSocket(Generic(address)->sa_family);
  CheckSystemCall(::bind(socket.get(), Generic(address), sizeof(address)),
                  "bind " + host);
  CheckSystemCall(::listen(socket.get(), backlog), "listen on " + host);
  return socket;
}

}  // namespace

bool Exchange::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (Wait(POLLOUT, false).value_or(0) == 0) return false;
    const ssize_t sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && !MayRetry(errno)) return false;
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return IsOpen();
}

bool Exchange::SendRepeated(std::string_view unit, std::uint64_t count) {
  const std::uint64_t units_per_block = 1 + 65536 / unit.size();
  std::string block;
  while (block.size() < units_per_block * unit.size()) block += unit;
  for (; count >= units_per_block; count -= units_per_block) {
    if (!Send(block)) return false;
  }
  return Send(std::string_view(block).substr(
      0, unit.size() * static_cast<std::size_t>(count)));
}

// A peer that has closed its sending side counts as gone.
bool Exchange::Pause(std::chrono::milliseconds time) {
  return Wait(POLLRDHUP, false, time) == 0;
}

bool Exchange::WaitUntilReleased() { return Wait(POLLRDHUP, true) == 0; }

void Exchange::Hang() { static_cast<void>(Wait(POLLRDHUP, false)); }

void Exchange::Close() {
  if (socket_) server_.CloseAndCount(std::move(socket_));
}

void Exchange::Reset() {
  if (!socket_) return;
  const linger no_linger{1, 0};
  // Fails only if the peer was faster to reset the connection.
  static_cast<void>(::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER,
                                 &no_linger, sizeof(no_linger)));
  Close();
}

bool Exchange::Receive(std::string& bytes) {
  std::array<char, 65536> buffer{};
  while (Wait(POLLIN, false).value_or(0) != 0) {
    const ssize_t received =
        ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (received > 0)
      bytes.append(buffer.data(), static_cast<std::size_t>(received));
    if (received >= 0 || !MayRetry(errno)) return received > 0;
  }
  return false;
}

std::optional<int> Exchange::Wait(
    int events, bool for_release,
    std::optional<std::chrono::milliseconds> time) {
  if (!socket_) return std::nullopt;
  // poll() passes over a negative descriptor.
  std::vector<pollfd> polled = {
      {end_.fd(), POLLIN, 0},
      {socket_.get(), static_cast<short>(events), 0},
      {for_release ? server_.released_.fd() : -1, POLLIN, 0}};
  Poll(polled, time);
  if (polled[0].revents != 0) return std::nullopt;
  return polled[1].revents;
}

ScriptedServer::ScriptedServer(const Address& address, DaemonOptions options)
    : options_(options) {
  if (const auto* unix_socket = std::get_if<UnixSocket>(&address)) {
    const sockaddr_un bound = UnixAddress(unix_socket->path);
    host_ = "unix://" + unix_socket->path;
    RemoveAbandoned(unix_socket->path, bound);
    listener_ = Listen(bound, options.backlog, host_);
    path_ = unix_socket->path;
  } else {
    sockaddr_in bound = LoopbackAddress(0);
    listener_ = Listen(bound, options.backlog, "127.0.0.1");
    socklen_t size = sizeof(bound);
    CheckSystemCall(::getsockname(listener_.get(),
                                  reinterpret_cast<sockaddr*>(&bound), &size),
                    "getsockname");
    host_ = "tcp://127.0.0.1:" + std::to_string(ntohs(bound.sin_port));
  }
}

void ScriptedServer::Serve(std::function<void(Exchange&)> serve) {
  serve_ = std::move(serve);
  acceptor_ = std::thread([this] { Guard([this] { Accept(); }); });
}

void ScriptedServer::CloseConnections() {
  std::unique_lock lock(mutex_);
  for (Served& served : connections_) served.exchange.End();
  const std::size_t last = opened_;
  changed_.wait(lock, [&] {
    return std::all_of(connections_.begin(), connections_.end(),
                       [last](const Served& served) {
                         return served.finished || served.ordinal > last;
                       });
  });
}

void ScriptedServer::Stop(SocketFile file) {
  stop_.Set();
  if (acceptor_.joinable()) acceptor_.join();
  if (listener_ && file == SocketFile::kRemove && !path_.empty())
    static_cast<void>(::unlink(path_.c_str()));
  listener_.Reset();
  CloseConnections();
  JoinFinished();
}

void ScriptedServer::Accept() {
  const bool held = options_.behaviour == Behaviour::kNeverAccepts;
  std::vector<pollfd> polled = {
      {stop_.fd(), POLLIN, 0},
      {held ? released_.fd() : listener_.get(), POLLIN, 0}};
  for (; Poll(polled) && polled[0].revents == 0;
       polled[1].fd = listener_.get()) {
    FileDescriptor socket(::accept4(listener_.get(), nullptr, nullptr,
                                    SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) {
      if (MayRetry(errno) || errno == ECONNABORTED) continue;
      ThrowErrno("accept on " + host_);
    }
    // Or the kernel would gather what a script sends byte by byte.
    const int on = 1;
    if (path_.empty())
      CheckSystemCall(
          ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)),
          "setsockopt");
    JoinFinished();
    Start(std::move(socket));
  }
}

void ScriptedServer::Start(FileDescriptor socket) {
  Update([&] {
    Served& served =
        connections_.emplace_back(std::move(socket), *this, ++opened_);
    max_open_ = std::max(max_open_, ++open_);
    served.thread = std::thread([this, &served] { Run(served); });
  });
}

void ScriptedServer::CloseAndCount(FileDescriptor socket) {
  // Both under the lock: the connection that a client opens because this one is
  // closed must not be counted together with it.
  Update([&] {
    socket.Reset();
    --open_;
  });
}

void ScriptedServer::Run(Served& served) {
  Exchange& exchange = served.exchange;
  Guard([&] {
    if (options_.behaviour != Behaviour::kNeverReads ||
        exchange.WaitUntilReleased())
      serve_(exchange);
  });
  exchange.Close();
  Update([&] { served.finished = true; });
}

void ScriptedServer::JoinFinished() {
  std::list<Served> finished;
  Update([&] {
    for (auto next = connections_.begin(); next != connections_.end();) {
      const auto served = next++;
      if (served->finished)
        finished.splice(finished.end(), connections_, served);
    }
  });
  for (Served& served : finished) served.thread.join();
}

void ScriptedServer::Guard(const std::function<void()>& body) {
  try {
    body();
  } catch (const std::exception& error) {
    Update([&] { errors_.emplace_back(error.what()); });
  }
}

}  // namespace containercollector::test
