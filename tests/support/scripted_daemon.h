// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTED_DAEMON_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTED_DAEMON_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/connection.h"
#include "tests/support/event.h"
#include "tests/support/exchange.h"
#include "tests/support/listening_socket.h"
#include "tests/support/request.h"

namespace containercollector::test {

/// Called for each complete request, on the thread of its connection and so at
/// the same time for different connections. It may wait only with the members
/// of Exchange, or the daemon cannot stop.
using Script = std::function<void(const Request&, Exchange&)>;

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

/// A stand-in for a Docker daemon, which listens from its construction on and
/// responds as its script says. One thread accepts, one more serves each
/// connection.
///
/// Thread-safe, but for Stop() and StopListening(), which one thread at a time
/// may call. No script may call a member that stops or closes, nor wait in one.
class ScriptedDaemon {
 public:
  /// Throws std::system_error when it cannot listen, and std::invalid_argument
  /// for a path too long for a unix socket.
  ScriptedDaemon(const Address& address, Script script,
                 DaemonOptions options = {});
  ~ScriptedDaemon();

  ScriptedDaemon(const ScriptedDaemon&) = delete;
  ScriptedDaemon& operator=(const ScriptedDaemon&) = delete;

  /// In the syntax of DOCKER_HOST: `unix:///tmp/x/docker.sock` or
  /// `tcp://127.0.0.1:PORT`.
  const std::string& Host() const noexcept { return listener_.host(); }

  /// Takes effect with the next request.
  void SetScript(Script script);

  /// Ends every present and later wait for release, until Hold().
  void Release() { released_.Set(); }
  void Hold() { released_.Clear(); }

  /// All requests so far, in the order in which they were complete.
  std::vector<Request> Requests() const;

  /// Each waits for its count to be reached (exactly, for open connections);
  /// false if `timeout` passes first.
  bool WaitForRequests(std::size_t count,
                       std::chrono::milliseconds timeout) const;
  bool WaitForConnections(std::size_t count,
                          std::chrono::milliseconds timeout) const;
  bool WaitForOpenConnections(std::size_t count,
                              std::chrono::milliseconds timeout) const;

  /// Connections as the daemon sees them: when a client closes one and opens
  /// another at once, both may be counted as open for a moment.
  std::size_t ConnectionsOpened() const;
  std::size_t OpenConnections() const;
  std::size_t MaxOpenConnections() const;

  /// What went wrong in the daemon itself or was thrown by a script; also the
  /// malformed requests, which it responds to with 400.
  std::vector<std::string> Errors() const;

  /// Closes the connections that are open now; returns when they are closed.
  void CloseConnections();

  /// New connections are refused; those already open are served on.
  void StopListening(SocketFile file = SocketFile::kRemove);

  /// Stops listening, closes all connections and joins all threads.
  void Stop(SocketFile file = SocketFile::kRemove);

 private:
  struct Served {
    Served(FileDescriptor socket, Connection::Closer closer,
           std::size_t its_ordinal)
        : connection(std::move(socket), std::move(closer)),
          ordinal(its_ordinal) {}

    Connection connection;
    const std::size_t ordinal;
    std::thread thread;
    /// Whether the thread has nothing left to do.
    bool finished = true;
  };

  void AcceptConnections();
  void Start(FileDescriptor socket);
  void JoinFinished();
  void Serve(Served& served);
  void RespondToRequests(Served& served);
  std::shared_ptr<const Script> Record(const Request& request);
  void CloseAndCount(FileDescriptor socket);
  void RecordError(const std::string& error);
  template <typename Condition>
  bool WaitFor(std::chrono::milliseconds timeout, Condition condition) const;

  const DaemonOptions options_;
  ListeningSocket listener_;
  Event released_;
  Event stop_listening_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::shared_ptr<const Script> script_;
  std::vector<Request> requests_;
  std::vector<std::string> errors_;
  std::list<Served> connections_;
  std::size_t opened_ = 0;
  std::size_t open_ = 0;
  std::size_t max_open_ = 0;

  std::thread acceptor_;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTED_DAEMON_H_
