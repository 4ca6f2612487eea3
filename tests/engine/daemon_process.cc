// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/daemon_process.h"

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "tests/support/wait.h"

namespace containercollector::engine {

DaemonProcess::DaemonProcess(test::Command command, std::string socket,
                             std::string log)
    : command_(std::move(command)),
      socket_(std::move(socket)),
      log_(std::move(log)) {}

DaemonProcess::~DaemonProcess() {
  // Asked politely, dockerd would first wait for its containers to end.
  if (process_) process_->Kill();
}

void DaemonProcess::Start() {
  constexpr std::chrono::minutes kBound{2};
  const test::FileDescriptor log = test::OpenLog(log_);
  process_.emplace(command_, log, log);
  test::WaitUntil([this] { return Answers() || !process_->IsRunning(); },
                  kBound);
  if (!Answers()) {
    throw std::runtime_error("no answer from " + test::ToString(command_));
  }
}

void DaemonProcess::Kill() {
  if (process_) process_->Kill();
}

void DaemonProcess::Suspend() { process_->Signal(SIGSTOP); }

void DaemonProcess::Continue() { process_->Signal(SIGCONT); }

bool DaemonProcess::Answers() const {
  constexpr int kFound = 0;
  return test::Run({"curl", "--disable", "--fail", "--max-time", "5",
                    "--unix-socket", socket_, "http://d/_ping"})
             .exit_code == kFound;
}

}  // namespace containercollector::engine
