// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/daemon_process.h"

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "tests/support/wait.h"

namespace containercollector::engine {

test::HttpResponse AskDaemon(const std::string& socket,
                             const std::string& path) {
  test::HttpResponse response = test::Get("unix://" + socket, path);
  if (response.status == 0) {
    throw std::runtime_error("no whole response from the daemon: " +
                             response.bytes);
  }
  return response;
}

bool RespondsToPing(const std::string& socket) {
  try {
    return test::Get("unix://" + socket, "/_ping").status == 200;
  } catch (const std::system_error&) {
    return false;
  }
}

DaemonProcess::DaemonProcess(test::Command command, std::string socket,
                             std::string log, Probe responds)
    : command_(std::move(command)),
      socket_(std::move(socket)),
      log_(std::move(log)),
      responds_(std::move(responds)) {}

DaemonProcess::~DaemonProcess() {
  // On SIGTERM, dockerd would first wait for its containers to end.
  if (process_) process_->Kill();
}

void DaemonProcess::Start() {
  constexpr std::chrono::minutes kBound{2};
  const test::FileDescriptor log = test::OpenLog(log_);
  process_.emplace(command_, log, log);
  test::WaitUntil([this] { return Responds() || !process_->IsRunning(); },
                  kBound);
  if (!Responds()) {
    throw std::runtime_error("no response from " + test::ToString(command_));
  }
}

void DaemonProcess::Kill() {
  if (process_) process_->Kill();
}

void DaemonProcess::Terminate() {
  if (process_) process_->Terminate();
}

void DaemonProcess::Suspend() { process_->Suspend(); }

void DaemonProcess::Continue() { process_->Signal(SIGCONT); }

}  // namespace containercollector::engine
