// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/sandbox.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>

#include "tests/engine/cgroups.h"
#include "tests/support/file_descriptor.h"
#include "tests/support/system_call.h"
#include "tests/support/wait.h"

namespace containercollector::engine {
namespace {

namespace fs = std::filesystem;

using test::CheckSystemCall;

constexpr int kOwnNamespaces =
    CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
constexpr int kStopped = 128 + SIGTERM;

/// Where dockerd and podman write whatever directories they are told to use,
/// and where they would find daemons, settings and locks that are not theirs.
const char* const kDirectoriesOfDaemons[] = {
    "/run",        "/dev/shm", "/etc/docker", "/etc/cni", "/var/lib/containers",
    "/var/lib/cni"};

Sandbox& MutableSandbox() {
  static Sandbox sandbox;
  return sandbox;
}

/// The directory that a sandbox is mounted on, empty in the eyes of all others.
class MountPoint {
 public:
  MountPoint() : path_("/tmp/cc-engine.XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) test::ThrowErrno("mkdtemp");
  }
  // Never removes recursively: nothing but a mount can be in it, and that only
  // if it spread from the sandbox of a chroot to the machine.
  ~MountPoint() {
    static_cast<void>(::umount2(path_.c_str(), MNT_DETACH));
    static_cast<void>(::rmdir(path_.c_str()));
  }
  MountPoint(const MountPoint&) = delete;
  MountPoint& operator=(const MountPoint&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

sigset_t SignalsToWaitFor() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGCHLD, SIGINT, SIGTERM}) {
    sigaddset(&signals, signal);
  }
  return signals;
}

/// Keeps signals pending for WaitForChild().
class BlockedSignals {
 public:
  BlockedSignals() {
    const sigset_t signals = SignalsToWaitFor();
    CheckSystemCall(::sigprocmask(SIG_BLOCK, &signals, &before_),
                    "sigprocmask");
  }
  ~BlockedSignals() {
    static_cast<void>(::sigprocmask(SIG_SETMASK, &before_, nullptr));
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_;
};

/// The exit code of `child`, or nothing when a signal asks to stop first.
/// Buries every other child that ends meanwhile.
std::optional<int> WaitForChild(pid_t child) {
  const sigset_t signals = SignalsToWaitFor();
  for (;;) {
    int status = 0;
    pid_t ended = 0;
    while ((ended = ::waitpid(-1, &status, WNOHANG)) > 0) {
      if (ended != child) continue;
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    const int signal = ::sigwaitinfo(&signals, nullptr);
    if (signal == SIGINT || signal == SIGTERM) return std::nullopt;
  }
}

void Mount(const char* source, const std::string& target, const char* type,
           unsigned long flags) {
  CheckSystemCall(
      ::mount(source, target.c_str(), type, flags, /*data=*/nullptr),
      "mount " + target);
}

/// Keeps the mounts of this process from spreading to those of the machine.
void MakeMountsPrivate(const std::string& spare_directory) {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0) return;
  if (errno != EINVAL) test::ThrowErrno("mount /");
  // The root of a plain chroot is no mount, but a container can only be made
  // below one.
  const fs::path working_directory = fs::current_path();
  Mount("/", spare_directory, nullptr, MS_BIND | MS_REC);
  Mount(nullptr, spare_directory, nullptr, MS_REC | MS_PRIVATE);
  CheckSystemCall(::chroot(spare_directory.c_str()), "chroot");
  fs::current_path(working_directory);
}

void SetUpMounts(const std::string& directory) {
  MakeMountsPrivate(directory);
  Mount("proc", "/proc", "proc", 0);
  Mount("tmpfs", directory, "tmpfs", 0);
  for (const char* path : kDirectoriesOfDaemons) {
    fs::create_directories(path);
    Mount("tmpfs", path, "tmpfs", 0);
  }
  // crun refuses to run where controllers of both cgroup versions are mounted.
  if (::umount2("/sys/fs/cgroup/unified", MNT_DETACH) != 0 && errno != EINVAL &&
      errno != ENOENT) {
    test::ThrowErrno("umount /sys/fs/cgroup/unified");
  }
}

void SetUpLoopback() {
  const test::FileDescriptor socket(CheckSystemCall(
      ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP;
  CheckSystemCall(::ioctl(socket.get(), SIOCSIFFLAGS, &request),
                  "set the loopback interface up");
}

/// The first process of the sandbox; the kernel kills all others when it ends.
int RunFirstProcess(const std::function<int()>& body) {
  // The sandbox must not outlive a caller that is killed.
  CheckSystemCall(::prctl(PR_SET_PDEATHSIG, SIGTERM), "prctl");
  CheckSystemCall(::unshare(kOwnNamespaces), "unshare");
  SetUpMounts(ThisSandbox().directory);
  SetUpLoopback();

  const pid_t child = CheckSystemCall(::fork(), "fork");
  if (child == 0) {
    const sigset_t signals = SignalsToWaitFor();
    CheckSystemCall(::sigprocmask(SIG_UNBLOCK, &signals, nullptr),
                    "sigprocmask");
    std::exit(body());
  }
  const std::optional<int> exit_code = WaitForChild(child);
  // All but this process, before anything more can be frozen.
  if (::kill(-1, SIGKILL) != 0 && errno != ESRCH) test::ThrowErrno("kill");
  ThawCgroup(ThisSandbox().cgroup);
  return exit_code.value_or(kStopped);
}

[[noreturn]] void ExitWith(const std::function<int()>& run) noexcept {
  try {
    ::_exit(run());
  } catch (const std::exception& error) {
    std::cerr << "sandbox: " << error.what() << std::endl;
    ::_exit(EXIT_FAILURE);
  }
}

}  // namespace

const Sandbox& ThisSandbox() { return MutableSandbox(); }

int RunInSandbox(const std::function<int()>& body) {
  const MountPoint mount_point;
  MutableSandbox() = {mount_point.path(),
                      fs::path(mount_point.path()).filename().string()};
  const BlockedSignals blocked;
  // The namespace is for the next child only: this process stays outside to
  // clean up.
  const test::FileDescriptor own_namespace(CheckSystemCall(
      ::open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC), "open /proc"));
  CheckSystemCall(::unshare(CLONE_NEWPID), "unshare");
  std::fflush(nullptr);
  const pid_t child = CheckSystemCall(::fork(), "fork");
  if (child == 0) ExitWith([&body] { return RunFirstProcess(body); });
  CheckSystemCall(::setns(own_namespace.get(), CLONE_NEWPID), "setns");

  std::optional<int> exit_code = WaitForChild(child);
  while (!exit_code) {
    CheckSystemCall(::kill(child, SIGTERM), "kill");
    exit_code = WaitForChild(child);
  }
  constexpr std::chrono::seconds kBound{10};
  const std::string& cgroup = ThisSandbox().cgroup;
  if (!test::WaitUntil([&cgroup] { return RemoveCgroup(cgroup); }, kBound)) {
    std::cerr << "cgroup " << cgroup << " could not be removed" << std::endl;
  }
  return *exit_code;
}

bool CanMakeSandbox() {
  const pid_t child = CheckSystemCall(::fork(), "fork");
  if (child == 0) {
    ::_exit(::unshare(CLONE_NEWPID | kOwnNamespaces) == 0 ? EXIT_SUCCESS
                                                          : EXIT_FAILURE);
  }
  int status = 0;
  CheckSystemCall(::waitpid(child, &status, 0), "waitpid");
  return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

}  // namespace containercollector::engine
