// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_DAEMON_PROCESS_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_DAEMON_PROCESS_H_

#include <functional>
#include <optional>
#include <string>

#include "tests/support/http_client.h"
#include "tests/support/process.h"

namespace containercollector::engine {

/// Sends a GET request for `path` to the daemon on the Unix socket `socket`.
/// @throws std::runtime_error if there is no whole response.
test::HttpResponse AskDaemon(const std::string& socket,
                             const std::string& path);

/// Whether the daemon on the Unix socket `socket` responds to Docker's ping.
bool RespondsToPing(const std::string& socket);

/// A daemon that serves on a Unix socket. The processes that the daemon starts
/// end with the sandbox.
class DaemonProcess {
 public:
  /// Whether the daemon on a Unix socket responds.
  using Probe = std::function<bool(const std::string& socket)>;

  /// Does not start the daemon yet.
  DaemonProcess(test::Command command, std::string socket, std::string log,
                Probe responds = &RespondsToPing);
  ~DaemonProcess();

  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  /// Starts the daemon and waits until it responds.
  /// @throws std::runtime_error if it does not.
  void Start();

  /// Kills the daemon, so that its socket file stays behind.
  void Kill();

  /// Sends SIGTERM and waits for the end.
  void Terminate();

  /// Stops the daemon with SIGSTOP: the kernel still accepts connections.
  void Suspend();
  void Continue();

  const std::string& socket() const { return socket_; }

 private:
  bool Responds() const { return responds_(socket_); }

  test::Command command_;
  std::string socket_;
  std::string log_;
  Probe responds_;
  std::optional<test::Process> process_;
};

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_DAEMON_PROCESS_H_
