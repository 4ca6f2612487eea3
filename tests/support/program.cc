// SPDX-License-Identifier: Apache-2.0

#include "tests/support/program.h"

#include <chrono>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "tests/support/wait.h"

namespace containercollector::test {
namespace {

constexpr std::chrono::minutes kOutputBound{1};
constexpr std::chrono::minutes kExitBound{2};

std::string ProcPath(pid_t pid, const std::string& name) {
  return "/proc/" + std::to_string(pid) + "/" + name;
}

/// The number after `name` and a colon, in a file of lines such as
/// "VmRSS:   1234 kB".
std::size_t NumberIn(const std::string& path, const std::string& name) {
  std::istringstream file(ReadFile(path));
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind(name + ":", 0) == 0)
      return std::stoul(line.substr(name.size() + 1));
  }
  throw std::runtime_error("no " + name + " in " + path);
}

bool WaitForText(const std::string& path, std::string_view text) {
  return WaitUntil(
      [&] { return ReadFile(path).find(text) != std::string::npos; },
      kOutputBound);
}

}  // namespace

Program::Program(const Command& command, const Environment& environment)
    : process_(command, OpenLog(out_path_), OpenLog(err_path_), environment) {}

Program::~Program() {
  try {
    // Not SIGTERM: a server would first complete its pending requests.
    process_.Kill();
  } catch (const std::exception&) {
    // A destructor has nobody to tell; Process tries again.
  }
}

int Program::WaitForExit() {
  if (const auto code = process_.WaitForExit(kExitBound)) return *code;
  throw std::runtime_error("a program did not end: " + ErrorOutput());
}

bool Program::WaitForOutput(std::string_view text) const {
  return WaitForText(out_path_, text);
}

bool Program::WaitForErrorOutput(std::string_view text) const {
  return WaitForText(err_path_, text);
}

std::string Program::WaitForLine() {
  std::string output;
  WaitUntil(
      [&] {
        const bool running = IsRunning();
        output = Output();
        return output.find('\n') != std::string::npos || !running;
      },
      kOutputBound);
  const std::size_t end = output.find('\n');
  if (end == std::string::npos)
    throw std::runtime_error("a program did not start: " + ErrorOutput());
  return output.substr(0, end);
}

Memory MemoryOf(pid_t pid) {
  // /proc/PID/status has the same figures, but counted in batches for each CPU.
  const std::string rollup = ProcPath(pid, "smaps_rollup");
  Memory memory;
  memory.resident = NumberIn(rollup, "Rss");
  memory.anonymous = NumberIn(rollup, "Anonymous");
  memory.peak = NumberIn(ProcPath(pid, "status"), "VmHWM");
  return memory;
}

std::size_t ThreadsOf(pid_t pid) {
  return NumberIn(ProcPath(pid, "status"), "Threads");
}

std::size_t OpenFilesOf(pid_t pid) {
  const std::filesystem::directory_iterator files(ProcPath(pid, "fd"));
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

bool MemoryIsMeasurable() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return false;
#else
  return true;
#endif
}

}  // namespace containercollector::test
