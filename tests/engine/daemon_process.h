// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_DAEMON_PROCESS_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_DAEMON_PROCESS_H_

#include <optional>
#include <string>

#include "tests/support/process.h"

namespace containercollector::engine {

/// Owns a daemon that serves Docker's API on a unix socket. Whatever else the
/// daemon started is left to the sandbox.
class DaemonProcess {
 public:
  /// Starts nothing yet.
  DaemonProcess(test::Command command, std::string socket, std::string log);
  ~DaemonProcess();

  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  /// Starts the daemon and waits until it answers. Throws std::runtime_error
  /// when it does not.
  void Start();

  /// Kills the daemon, so that it cannot clean up and its socket stays behind.
  void Kill();

  /// SIGSTOP: the kernel still takes connections for it, and nobody answers.
  void Suspend();
  void Continue();

  const std::string& socket() const { return socket_; }

 private:
  bool Answers() const;

  test::Command command_;
  std::string socket_;
  std::string log_;
  std::optional<test::Process> process_;
};

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_DAEMON_PROCESS_H_
