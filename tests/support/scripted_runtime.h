// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTED_RUNTIME_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTED_RUNTIME_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/event.h"
#include "tests/support/listening_socket.h"
#include "tests/support/runtime_connection.h"
#include "tests/support/scripted_daemon.h"

struct pollfd;

namespace containercollector::test {

/// A stand-in for a container runtime: gRPC over HTTP/2 on a Unix socket. It
/// listens from its construction on and responds as its script says. One thread
/// serves all connections.
///
/// Thread-safe, but for Stop() and the destructor, which one thread may call.
class ScriptedRuntime {
 public:
  /// Throws as ScriptedDaemon.
  ScriptedRuntime(const std::string& socket_path, RuntimeScript script,
                  DaemonOptions options = {});
  ~ScriptedRuntime();

  ScriptedRuntime(const ScriptedRuntime&) = delete;
  ScriptedRuntime& operator=(const ScriptedRuntime&) = delete;

  /// `unix:///PATH`.
  const std::string& endpoint() const noexcept { return listener_.host(); }

  /// Takes effect with the next call.
  void SetScript(RuntimeScript script);

  /// Ends every present and later wait for release, until Hold().
  void Release() { released_.Set(); }
  void Hold() { released_.Clear(); }

  /// All calls so far, in the order in which they were complete.
  std::vector<RuntimeCall> Calls() const;
  std::size_t CallsOf(const std::string& method) const;

  /// Each waits for its count to be reached (exactly, for open connections);
  /// false if `timeout` passes first.
  bool WaitForCalls(std::size_t count, std::chrono::milliseconds timeout) const;
  bool WaitForConnections(std::size_t count,
                          std::chrono::milliseconds timeout) const;
  bool WaitForOpenConnections(std::size_t count,
                              std::chrono::milliseconds timeout) const;

  std::size_t ConnectionsOpened() const;

  /// What was wrong with calls and connections, and what scripts threw. Such a
  /// connection is closed.
  std::vector<std::string> Errors() const;

  /// Closes the socket and all connections.
  void Stop(SocketFile file = SocketFile::kRemove);

 private:
  void Serve();
  void ServeUntilStopped();
  std::vector<pollfd> WhatToPoll(bool released) const;
  std::optional<std::chrono::milliseconds> TimeToNextDue(bool released) const;
  void Accept();
  bool ServeConnection(RuntimeConnection& connection, short events,
                       bool released);
  RuntimeResponse Handle(const RuntimeCall& call);
  void RecordError(const std::string& error);
  void CountOpen();
  template <typename Condition>
  bool WaitFor(std::chrono::milliseconds timeout, Condition condition) const;

  const DaemonOptions options_;
  ListeningSocket listener_;
  Event released_;
  Event stop_;
  std::list<RuntimeConnection> connections_;  // Of the thread alone.

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::shared_ptr<const RuntimeScript> script_;
  std::vector<RuntimeCall> calls_;
  std::vector<std::string> errors_;
  std::size_t opened_ = 0;
  std::size_t open_ = 0;

  std::thread thread_;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTED_RUNTIME_H_
