// SPDX-License-Identifier: Apache-2.0

#include "tests/support/program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace containercollector::test {
namespace {

constexpr std::chrono::minutes kOutputBound{1};
constexpr std::chrono::minutes kExitBound{2};

constexpr const char* kEngineVariables[] = {
    "DOCKER_HOST",        "DOCKER_CONTEXT",  "DOCKER_CONFIG",
    "DOCKER_CERT_PATH",   "DOCKER_TLS",      "DOCKER_TLS_VERIFY",
    "DOCKER_API_VERSION", "CONTAINER_HOST",  "CONTAINERS_CONF",
    "STORAGE_DRIVER",     "XDG_RUNTIME_DIR", "NOTIFY_SOCKET"};

Environment WholeEnvironment() {
  Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

void SetEnvironment(const Environment& environment) {
  ::clearenv();
  for (const auto& [name, value] : environment)
    ::setenv(name.c_str(), value.c_str(), 1);
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string ToLine(const Command& command) {
  std::string line;
  for (const std::string& argument : command) line += argument + " ";
  return line;
}

pid_t Spawn(Command command, const FileDescriptor& out,
            const FileDescriptor& err, const Environment& environment) {
  std::vector<std::string> variables;
  for (const auto& [name, value] : EnvironmentWith(environment))
    variables.push_back(name + "=" + value);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                     O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err.get(), STDERR_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int error =
      ::posix_spawnp(&pid, command.front().c_str(), &actions, &attributes,
                     Pointers(command).data(), Pointers(variables).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    throw std::system_error(error, std::generic_category(),
                            "start " + ToLine(command));
  return pid;
}

/// The number after `name` and a colon, in a file of lines such as
/// "VmRSS:   1234 kB".
std::size_t NumberIn(pid_t pid, const std::string& file,
                     const std::string& name) {
  std::istringstream lines(
      ReadFile("/proc/" + std::to_string(pid) + "/" + file));
  std::string line;
  while (std::getline(lines, line)) {
    if (line.rfind(name + ":", 0) == 0)
      return std::stoul(line.substr(name.size() + 1));
  }
  throw std::runtime_error("no " + name + " in " + file);
}

}  // namespace

Environment EnvironmentWith(const Environment& variables) {
  Environment environment = WholeEnvironment();
  for (const char* name : kEngineVariables) environment.erase(name);
  for (const auto& [name, value] : variables) environment[name] = value;
  return environment;
}

ScopedEnvironment::ScopedEnvironment(
    std::initializer_list<Environment::value_type> variables)
    : before_(WholeEnvironment()) {
  SetEnvironment(EnvironmentWith(variables));
}

ScopedEnvironment::~ScopedEnvironment() { SetEnvironment(before_); }

Command Joined(Command command, const Command& arguments) {
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

Process::Process(const Command& command, const FileDescriptor& out,
                 const FileDescriptor& err, const Environment& environment)
    : pid_(Spawn(command, out, err, environment)) {}

std::optional<int> Process::WaitForExit(std::chrono::milliseconds bound) {
  const auto ended = [this] {
    int status = 0;
    if (exit_code_ || ::waitpid(pid_, &status, WNOHANG) != pid_)
      return exit_code_.has_value();
    exit_code_ =
        WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
  };
  WaitUntil(ended, bound);
  return exit_code_;
}

int Process::Terminate() {
  constexpr std::chrono::seconds kBound{20};
  if (IsRunning()) Signal(SIGTERM);
  const std::optional<int> code = WaitForExit(kBound);
  return code ? *code : Kill();
}

int Process::Kill() {
  if (IsRunning()) Signal(SIGKILL);
  return WaitForExit(kExitBound).value_or(-1);
}

void Process::Signal(int signal) const {
  CheckSystemCall(::kill(pid_, signal), "kill");
}

void Process::Suspend() {
  Signal(SIGSTOP);
  siginfo_t info{};
  CheckSystemCall(::waitid(P_PID, static_cast<id_t>(pid_), &info,
                           WSTOPPED | WEXITED | WNOWAIT),
                  "waitid");
}

int Program::WaitForExit() {
  if (const auto code = Process::WaitForExit(kExitBound)) return *code;
  throw std::runtime_error("a program did not end: " + ErrorOutput());
}

bool Program::WaitForOutput(std::string_view text) const {
  return WaitUntil([&] { return Output().find(text) != std::string::npos; },
                   kOutputBound);
}

bool Program::WaitForErrorOutput(std::string_view text) const {
  return WaitUntil(
      [&] { return ErrorOutput().find(text) != std::string::npos; },
      kOutputBound);
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

Output Run(const Command& command, const Environment& environment) {
  Program program(command, environment);
  const int exit_code = program.WaitForExit();
  return {exit_code, program.Output(), program.ErrorOutput()};
}

std::string RunSuccessfully(const Command& command) {
  const Output output = Run(command);
  if (output.exit_code != 0)
    throw std::runtime_error(ToLine(command) + "failed: " + output.err);
  return output.out;
}

FileDescriptor OpenLog(const std::string& path) {
  return FileDescriptor(CheckSystemCall(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600),
      "open " + path));
}

Memory MemoryOf(pid_t pid) {
  // /proc/PID/status has the same figures, but counted in batches for each CPU.
  return {NumberIn(pid, "smaps_rollup", "Rss"),
          NumberIn(pid, "smaps_rollup", "Anonymous"),
          NumberIn(pid, "status", "VmHWM")};
}

std::size_t OpenFilesOf(pid_t pid) {
  const std::filesystem::directory_iterator files("/proc/" +
                                                  std::to_string(pid) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

bool MemoryIsMeasurable() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return false;
#else
  return true;
#endif
}

std::string ServerBinary() {
  const char* const path = std::getenv("CONTAINER_COLLECTOR_BINARY");
  return path == nullptr ? SERVER_BINARY : path;
}

ServerProcess::ServerProcess(const std::string& docker_endpoint,
                             const Command& arguments,
                             const Environment& environment)
    : Program(Joined({ServerBinary(), "--port", "0", "--docker-endpoint",
                      docker_endpoint},
                     arguments),
              environment) {
  const std::string kAnnouncement = "Listening on ";
  const std::string line = WaitForLine();
  if (line.rfind(kAnnouncement, 0) != 0)
    throw std::runtime_error("unexpected output of the server: " + line);
  url_ = line.substr(kAnnouncement.size());
}

std::size_t ServerProcess::Threads() const {
  return NumberIn(pid(), "status", "Threads");
}

Output RunServer(const Command& arguments, const Environment& environment) {
  return Run(Joined({ServerBinary()}, arguments), environment);
}

}  // namespace containercollector::test
