// SPDX-License-Identifier: Apache-2.0

#include "tests/support/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "tests/support/system_call.h"
#include "tests/support/wait.h"

namespace containercollector::test {
namespace {

constexpr std::chrono::minutes kRunBound{2};
constexpr std::chrono::seconds kTerminateBound{20};

/// The posix_spawn family returns the error number instead of setting errno.
void CheckSpawn(int error, const std::string& what) {
  if (error != 0) {
    throw std::system_error(error, std::generic_category(), what);
  }
}

class SpawnFileActions {
 public:
  SpawnFileActions() {
    CheckSpawn(::posix_spawn_file_actions_init(&actions_),
               "posix_spawn_file_actions_init");
  }
  ~SpawnFileActions() {
    static_cast<void>(::posix_spawn_file_actions_destroy(&actions_));
  }
  SpawnFileActions(const SpawnFileActions&) = delete;
  SpawnFileActions& operator=(const SpawnFileActions&) = delete;

  void Open(int fd, const char* path, int flags) {
    CheckSpawn(
        ::posix_spawn_file_actions_addopen(&actions_, fd, path, flags, 0),
        "posix_spawn_file_actions_addopen");
  }
  void Duplicate(int from, int to) {
    CheckSpawn(::posix_spawn_file_actions_adddup2(&actions_, from, to),
               "posix_spawn_file_actions_adddup2");
  }

  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

class SpawnAttributes {
 public:
  SpawnAttributes() {
    CheckSpawn(::posix_spawnattr_init(&attributes_), "posix_spawnattr_init");
  }
  ~SpawnAttributes() {
    static_cast<void>(::posix_spawnattr_destroy(&attributes_));
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;

  void SetOwnProcessGroup() {
    CheckSpawn(::posix_spawnattr_setpgroup(&attributes_, 0),
               "posix_spawnattr_setpgroup");
    CheckSpawn(::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP),
               "posix_spawnattr_setflags");
  }

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

pid_t Spawn(const Command& command, const FileDescriptor& out,
            const FileDescriptor& err, const Environment& environment) {
  SpawnFileActions actions;
  actions.Open(STDIN_FILENO, "/dev/null", O_RDONLY);
  actions.Duplicate(out.get(), STDOUT_FILENO);
  actions.Duplicate(err.get(), STDERR_FILENO);
  SpawnAttributes attributes;
  attributes.SetOwnProcessGroup();

  Command arguments = command;
  std::vector<std::string> variables;
  for (const auto& [name, value] : EnvironmentWith(environment))
    variables.push_back(name + "=" + value);

  pid_t pid = -1;
  CheckSpawn(::posix_spawnp(&pid, command.front().c_str(), actions.get(),
                            attributes.get(), Pointers(arguments).data(),
                            Pointers(variables).data()),
             "start " + ToString(command));
  return pid;
}

int ExitCode(int wait_status) {
  constexpr int kSignalled = 128;
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)
                                : kSignalled + WTERMSIG(wait_status);
}

FileDescriptor OpenMemory(const char* name) {
  return FileDescriptor(
      CheckSystemCall(::memfd_create(name, MFD_CLOEXEC), "memfd_create"));
}

/// The whole content, wherever the writer left the offset that it shares.
std::string ReadAll(const FileDescriptor& file) {
  std::string content;
  std::array<char, 1 << 16> buffer;
  for (;;) {
    const ssize_t size = ::pread(file.get(), buffer.data(), buffer.size(),
                                 static_cast<off_t>(content.size()));
    if (size == 0) return content;
    if (size > 0) {
      content.append(buffer.data(), static_cast<std::size_t>(size));
    } else if (errno != EINTR) {
      ThrowErrno("pread");
    }
  }
}

}  // namespace

Command Joined(Command command, const Command& arguments) {
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

std::string ToString(const Command& command) {
  std::string line;
  for (const std::string& argument : command) {
    if (!line.empty()) line += ' ';
    line += argument;
  }
  return line;
}

Process::Process(const Command& command, const FileDescriptor& out,
                 const FileDescriptor& err, const Environment& environment)
    : pid_(Spawn(command, out, err, environment)) {}

Process::~Process() {
  try {
    Terminate();
  } catch (const std::system_error&) {
    // A destructor has nobody to tell.
  }
}

bool Process::IsRunning() {
  if (exit_code_) return false;
  int status = 0;
  const pid_t ended =
      CheckSystemCall(::waitpid(pid_, &status, WNOHANG), "waitpid");
  if (ended == pid_) exit_code_ = ExitCode(status);
  return !exit_code_;
}

std::optional<int> Process::WaitForExit(std::chrono::milliseconds bound) {
  WaitUntil([this] { return !IsRunning(); }, bound);
  return exit_code_;
}

int Process::Terminate() {
  if (!IsRunning()) return *exit_code_;
  Signal(SIGTERM);
  if (const std::optional<int> code = WaitForExit(kTerminateBound)) {
    return *code;
  }
  return Kill();
}

int Process::Kill() {
  if (!IsRunning()) return *exit_code_;
  Signal(SIGKILL);
  return WaitForEver();
}

void Process::Signal(int signal) const {
  CheckSystemCall(::kill(pid_, signal), "kill");
}

void Process::Suspend() {
  Signal(SIGSTOP);
  int status = 0;
  CheckSystemCall(::waitpid(pid_, &status, WUNTRACED), "waitpid");
  if (WIFSTOPPED(status)) return;
  exit_code_ = ExitCode(status);
  throw std::runtime_error("the process ended instead of stopping");
}

int Process::WaitForEver() {
  int status = 0;
  pid_t ended = -1;
  do {
    ended = ::waitpid(pid_, &status, 0);
  } while (ended < 0 && errno == EINTR);
  CheckSystemCall(ended, "waitpid");
  exit_code_ = ExitCode(status);
  return *exit_code_;
}

Output Run(const Command& command, const Environment& environment) {
  const FileDescriptor out = OpenMemory("stdout");
  const FileDescriptor err = OpenMemory("stderr");
  Process process(command, out, err, environment);
  const std::optional<int> exit_code = process.WaitForExit(kRunBound);
  if (!exit_code) {
    throw std::runtime_error("took too long: " + ToString(command));
  }
  return {*exit_code, ReadAll(out), ReadAll(err)};
}

std::string RunSuccessfully(const Command& command) {
  Output output = Run(command);
  if (output.exit_code != 0) {
    throw std::runtime_error(ToString(command) + "\nexited with " +
                             std::to_string(output.exit_code) + ": " +
                             output.err);
  }
  return std::move(output.out);
}

FileDescriptor OpenLog(const std::string& path) {
  return FileDescriptor(CheckSystemCall(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600),
      "open " + path));
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

}  // namespace containercollector::test
