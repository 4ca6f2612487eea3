// SPDX-License-Identifier: Apache-2.0

#include "tests/server/server_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "tests/support/system_call.h"

namespace containercollector::test {
namespace {

constexpr std::chrono::seconds kStartTime{60};
constexpr std::chrono::milliseconds kPause{5};

void Check(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> WithOurEnvironment(const Environment& more) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable)
    variables.emplace_back(*variable);
  for (const auto& [name, value] : more)
    variables.push_back(name + "=" + value);
  return variables;
}

pid_t Spawn(const std::string& program, const Arguments& arguments,
            const Environment& environment, const std::string& output,
            const std::string& error_output) {
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = WithOurEnvironment(environment);

  posix_spawn_file_actions_t actions;
  Check(posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions");
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC;
  constexpr mode_t kMode = 0600;
  int error = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO,
                                               output.c_str(), kFlags, kMode);
  if (error == 0) {
    error = posix_spawn_file_actions_addopen(
        &actions, STDERR_FILENO, error_output.c_str(), kFlags, kMode);
  }
  pid_t pid = -1;
  if (error == 0) {
    error = posix_spawn(&pid, program.c_str(), &actions, nullptr,
                        Pointers(words).data(), Pointers(variables).data());
  }
  Check(posix_spawn_file_actions_destroy(&actions), "posix_spawn_file_actions");
  Check(error, "posix_spawn");
  return pid;
}

/// A number of /proc/PID/status.
std::size_t StatusNumber(pid_t pid, const std::string& name) {
  std::istringstream status(
      ReadFile("/proc/" + std::to_string(pid) + "/status"));
  std::string line;
  while (std::getline(status, line)) {
    if (line.rfind(name + ":", 0) == 0)
      return std::stoul(line.substr(name.size() + 1));
  }
  throw std::runtime_error("no " + name + " in the status of a process");
}

}  // namespace

ChildProcess::ChildProcess(const std::string& program,
                           const Arguments& arguments,
                           const Environment& environment)
    : pid_(Spawn(program, arguments, environment, dir_ / "out", dir_ / "err")) {
}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  static_cast<void>(kill(pid_, SIGKILL));
  static_cast<void>(waitpid(pid_, nullptr, 0));
}

void ChildProcess::Signal(int signal) const {
  CheckSystemCall(kill(pid_, signal), "kill");
}

void ChildProcess::Stop() const {
  Signal(SIGSTOP);
  int status = 0;
  CheckSystemCall(waitpid(pid_, &status, WUNTRACED), "waitpid");
  if (!WIFSTOPPED(status)) throw std::runtime_error("a program ended");
}

int ChildProcess::WaitForExit() {
  int status = 0;
  CheckSystemCall(waitpid(std::exchange(pid_, -1), &status, 0), "waitpid");
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string ChildProcess::Output() const { return ReadFile(dir_ / "out"); }
std::string ChildProcess::ErrorOutput() const { return ReadFile(dir_ / "err"); }

std::string ChildProcess::WaitForLine() {
  const auto deadline = std::chrono::steady_clock::now() + kStartTime;
  while (std::chrono::steady_clock::now() < deadline) {
    const std::string output = Output();
    if (output.find('\n') != std::string::npos)
      return output.substr(0, output.find('\n'));
    std::this_thread::sleep_for(kPause);
  }
  throw std::runtime_error("a program did not start: " + ErrorOutput());
}

std::size_t ChildProcess::Threads() const {
  return StatusNumber(pid_, "Threads");
}

std::size_t ChildProcess::ResidentKiB() const {
  return StatusNumber(pid_, "VmRSS");
}

std::size_t ChildProcess::OpenFiles() const {
  const std::filesystem::directory_iterator files("/proc/" +
                                                  std::to_string(pid_) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

namespace {

Arguments ForTest(const std::string& docker_endpoint, Arguments arguments) {
  arguments.insert(arguments.begin(),
                   {"--port", "0", "--docker-endpoint", docker_endpoint});
  return arguments;
}

}  // namespace

ServerProcess::ServerProcess(const std::string& docker_endpoint,
                             Arguments arguments,
                             const Environment& environment)
    : ChildProcess(SERVER_BINARY,
                   ForTest(docker_endpoint, std::move(arguments)),
                   environment) {
  const std::string kGreeting = "Listening on ";
  const std::string line = WaitForLine();
  if (line.rfind(kGreeting, 0) != 0)
    throw std::runtime_error("the server said: " + line);
  url_ = line.substr(kGreeting.size());
}

Ended RunServer(const Arguments& arguments, const Environment& environment) {
  ChildProcess process(SERVER_BINARY, arguments, environment);
  const int exit_code = process.WaitForExit();
  return {exit_code, process.Output(), process.ErrorOutput()};
}

bool MemoryIsMeasurable() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return false;
#else
  return true;
#endif
}

}  // namespace containercollector::test
