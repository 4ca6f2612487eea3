// SPDX-License-Identifier: Apache-2.0

#include "bench/load_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "tests/support/posix.h"

namespace containercollector::bench {
namespace {

using std::chrono::steady_clock;
using test::CheckSystemCall;
using test::FileDescriptor;
using test::ThrowErrno;

class Clients {
 public:
  explicit Clients(const Load& load)
      : load_(load),
        epoll_(CheckSystemCall(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
        clients_(static_cast<std::size_t>(load.clients)),
        buffer_(std::size_t{1} << 20) {}

  LoadResult Run() {
    const auto start = steady_clock::now();
    end_ = start + load_.duration;
    for (std::size_t i = 0; i < clients_.size(); ++i) Connect(i);
    // The last responses count too: a slow server would otherwise be stopped
    // in the middle of its work, which the next measurement would pay for.
    while (waiting_ > 0 && steady_clock::now() < end_ + kLastResponses)
      ServeEvents();
    result_.failures += waiting_;
    result_.seconds =
        std::chrono::duration<double>(steady_clock::now() - start).count();
    std::sort(result_.latencies.begin(), result_.latencies.end());
    return std::move(result_);
  }

 private:
  struct Client {
    FileDescriptor socket;
    steady_clock::time_point start;
    std::size_t received = 0;
    bool sent = false;
    bool ok = false;  // Whether the status is 200.
  };

  void Connect(std::size_t index) {
    Client& client = clients_[index];
    client.start = steady_clock::now();
    client.received = 0;
    client.sent = false;
    client.ok = false;
    ++waiting_;
    client.socket = FileDescriptor(CheckSystemCall(
        socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
        "socket"));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(load_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(client.socket.get(), reinterpret_cast<sockaddr*>(&address),
                sizeof(address)) != 0 &&
        errno != EINPROGRESS)
      ThrowErrno("connect");
    Watch(index, EPOLL_CTL_ADD, EPOLLOUT);
  }

  void Watch(std::size_t index, int operation, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = index;
    CheckSystemCall(epoll_ctl(epoll_.get(), operation,
                              clients_[index].socket.get(), &event),
                    "epoll_ctl");
  }

  void ServeEvents() {
    std::array<epoll_event, 64> events{};
    const int count =
        CheckSystemCall(epoll_wait(epoll_.get(), events.data(),
                                   static_cast<int>(events.size()), 100),
                        "epoll_wait");
    for (int i = 0; i < count; ++i)
      Serve(events[static_cast<std::size_t>(i)].data.u64);
  }

  void Serve(std::size_t index) {
    Client& client = clients_[index];
    if (!client.sent) {
      const ssize_t sent = send(client.socket.get(), load_.request.data(),
                                load_.request.size(), MSG_NOSIGNAL);
      if (sent != static_cast<ssize_t>(load_.request.size()))
        return Finish(index);
      client.sent = true;
      Watch(index, EPOLL_CTL_MOD, EPOLLIN);
      return;
    }
    const ssize_t received =
        recv(client.socket.get(), buffer_.data(), buffer_.size(), 0);
    if (received > 0) {
      if (client.received == 0) client.ok = IsOk(received);
      client.received += static_cast<std::size_t>(received);
    } else if (received == 0 || errno != EAGAIN) {
      Finish(index);
    }
  }

  /// @param received How much of the response is in the buffer.
  bool IsOk(ssize_t received) const {
    constexpr std::string_view kBegin = "HTTP/1.1 200 ";
    return std::string_view(buffer_.data(), static_cast<std::size_t>(received))
               .substr(0, kBegin.size()) == kBegin;
  }

  void Finish(std::size_t index) {
    Client& client = clients_[index];
    const auto now = steady_clock::now();
    --waiting_;
    if (client.ok && client.received >= load_.response_bytes) {
      result_.latencies.push_back(
          std::chrono::duration_cast<std::chrono::microseconds>(now -
                                                                client.start));
    } else {
      ++result_.failures;
    }
    if (now < end_) {
      Connect(index);
    } else {
      client.socket.Reset();
    }
  }

  static constexpr std::chrono::minutes kLastResponses{1};

  const Load load_;
  const FileDescriptor epoll_;
  std::vector<Client> clients_;
  std::vector<char> buffer_;
  std::size_t waiting_ = 0;  // Clients that wait for a response.
  steady_clock::time_point end_;
  LoadResult result_;
};

}  // namespace

LoadResult RunLoad(const Load& load) { return Clients(load).Run(); }

}  // namespace containercollector::bench
