// SPDX-License-Identifier: Apache-2.0

/// What the stand-ins for a Docker daemon and for a container runtime share.
#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTED_SERVER_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTED_SERVER_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "tests/support/posix.h"

namespace containercollector::test {

class ScriptedServer;

/// The server's side of one connection.
///
/// Every member returns when the peer goes away, when the connection is closed
/// or when the server stops; those that return bool then return false. Belongs
/// to the thread of the connection, except for End().
class Exchange {
 public:
  Exchange(FileDescriptor socket, ScriptedServer& server)
      : socket_(std::move(socket)), server_(server) {}
  ~Exchange() { Close(); }

  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  bool Send(std::string_view bytes);

  /// Sends `unit` `count` times, in little memory.
  bool SendRepeated(std::string_view unit, std::uint64_t count);

  bool Pause(std::chrono::milliseconds time);
  bool WaitUntilReleased();

  /// Never responds, released or not.
  void Hang();

  void Close();

  /// Over TCP the peer gets a reset. On a Unix socket it is Close(), and only
  /// Behaviour::kNeverReads makes the peer's connection reset.
  void Reset();

  bool IsOpen() const { return static_cast<bool>(socket_); }

  /// Appends the bytes that arrive next to `bytes`.
  bool Receive(std::string& bytes);

  /// Waits for the socket's `events`, for `time` to pass or, if `for_release`,
  /// for a release. Returns the events; nothing if the server stops.
  std::optional<int> Wait(
      int events, bool for_release,
      std::optional<std::chrono::milliseconds> time = std::nullopt);

  /// Makes every present and later wait return.
  void End() { end_.Set(); }

 private:
  FileDescriptor socket_;
  ScriptedServer& server_;
  Event end_;
};

struct UnixSocket {
  std::string path;
};

struct LoopbackTcp {};

using Address = std::variant<UnixSocket, LoopbackTcp>;

/// What becomes of the socket's file. A daemon that was killed leaves it, and
/// it rejects connections.
enum class SocketFile { kRemove, kLeave };

enum class Behaviour {
  kServes,
  /// Listens, but accepts no connection until Release().
  kNeverAccepts,
  /// Accepts, but reads no byte until Release(). Closing such a connection
  /// resets it, as when a daemon is killed before it has read a request.
  kNeverReads,
};

struct DaemonOptions {
  Behaviour behaviour = Behaviour::kServes;
  /// How many connections may wait to be accepted.
  int backlog = 128;
};

/// A server that responds as a script says. One thread accepts, one more serves
/// each connection.
///
/// Thread-safe, except for Stop(). No script may call a member that stops or
/// closes.
class ScriptedServer {
 public:
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  /// In the syntax of DOCKER_HOST.
  const std::string& Host() const noexcept { return host_; }

  /// Ends every present and later wait for release, until Hold().
  void Release() { released_.Set(); }
  void Hold() { released_.Clear(); }

  /// Waits until exactly that many connections are open. Returns false if
  /// `timeout` passes first.
  bool WaitForOpenConnections(std::size_t count,
                              std::chrono::milliseconds timeout) const {
    return WaitFor(timeout, [&] { return open_ == count; });
  }

  std::size_t ConnectionsOpened() const { return Locked(opened_); }
  std::size_t OpenConnections() const { return Locked(open_); }
  std::size_t MaxOpenConnections() const { return Locked(max_open_); }

  /// What scripts threw, and what was wrong with requests.
  std::vector<std::string> Errors() const { return Locked(errors_); }

  /// Closes the connections that are open now.
  void CloseConnections();

  /// Stops listening, closes all connections and joins all threads.
  void Stop(SocketFile file = SocketFile::kRemove);

 protected:
  /// Listens. Takes the place of a Unix socket that nobody listens on.
  /// @throws std::system_error if it cannot.
  ScriptedServer(const Address& address, DaemonOptions options);
  ~ScriptedServer() { Stop(); }

  /// Accepts connections from now on. Every class that does so calls Stop() in
  /// its destructor.
  /// @param serve Called on the thread of each connection.
  void Serve(std::function<void(Exchange& exchange)> serve);

  const Event& released() const { return released_; }

  /// Returns a copy.
  template <typename Value>
  Value Locked(const Value& value) const {
    const std::lock_guard lock(mutex_);
    return value;
  }

  /// Changes what others wait for.
  template <typename Change>
  void Update(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }

  template <typename Condition>
  bool WaitFor(std::chrono::milliseconds timeout, Condition condition) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, condition);
  }

 private:
  friend class Exchange;

  struct Served {
    Served(FileDescriptor socket, ScriptedServer& server,
           std::size_t its_ordinal)
        : exchange(std::move(socket), server), ordinal(its_ordinal) {}

    Exchange exchange;
    const std::size_t ordinal;  ///< Counts from 1.
    std::thread thread;
    bool finished = false;
  };

  void Accept();
  void Start(FileDescriptor socket);
  void CloseAndCount(FileDescriptor socket);
  void Run(Served& served);
  void JoinFinished();
  void Guard(const std::function<void()>& body);

  const DaemonOptions options_;
  std::string host_;
  std::string path_;
  FileDescriptor listener_;
  Event released_;
  Event stop_;
  std::function<void(Exchange&)> serve_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<std::string> errors_;
  std::list<Served> connections_;
  std::size_t opened_ = 0;
  std::size_t open_ = 0;
  std::size_t max_open_ = 0;

  std::thread acceptor_;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTED_SERVER_H_
