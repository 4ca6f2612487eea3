// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/collector_process.h"

#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include "tests/support/wait.h"

namespace containercollector::engine {
namespace {

std::string Binary() {
  const char* const path = std::getenv(kCollectorBinaryVariable);
  if (path == nullptr) {
    throw std::runtime_error(std::string(kCollectorBinaryVariable) +
                             " is not set");
  }
  return path;
}

/// Every server has an output of its own, where it announces its own address.
std::string NewOutputPath(const std::string& socket) {
  static int count = 0;
  return socket + ".collector" + std::to_string(++count);
}

/// The rest of the line that announces the address, once it is complete.
std::string AnnouncedAddress(const std::string& output) {
  const std::string kAnnouncement = "Listening on ";
  const std::size_t start = output.find(kAnnouncement);
  if (start == std::string::npos) return "";
  const std::size_t address = start + kAnnouncement.size();
  const std::size_t end = output.find('\n', address);
  if (end == std::string::npos) return "";
  return output.substr(address, end - address);
}

}  // namespace

CollectorProcess::CollectorProcess(const std::string& socket,
                                   const test::Command& flags)
    : output_(NewOutputPath(socket)),
      log_(output_ + ".log"),
      process_(test::Joined({Binary(), "--docker-endpoint", "unix://" + socket,
                             "--port", "0"},
                            flags),
               test::OpenLog(output_), test::OpenLog(log_)),
      address_(WaitForAddress()) {}

HttpResponse CollectorProcess::Post(const std::string& query) const {
  return Curl({"--noproxy", "*", "--data", "{}", Route() + query});
}

HttpResponse CollectorProcess::Get() const {
  return Curl({"--noproxy", "*", Route()});
}

std::string CollectorProcess::WaitForAddress() {
  constexpr std::chrono::minutes kBound{1};
  std::string address;
  test::WaitUntil(
      [&] {
        const bool running = process_.IsRunning();
        address = AnnouncedAddress(test::ReadFile(output_));
        return !address.empty() || !running;
      },
      kBound);
  if (address.empty()) {
    throw std::runtime_error("the server does not listen; it said: " +
                             test::ReadFile(output_) + test::ReadFile(log_));
  }
  return address;
}

std::string CollectorProcess::Route() const {
  return address_ + "/processor/containercollector";
}

}  // namespace containercollector::engine
