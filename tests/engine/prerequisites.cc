// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/prerequisites.h"

#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "tests/engine/busybox_image.h"
#include "tests/engine/cgroups.h"
#include "tests/engine/sandbox.h"

namespace containercollector::engine {
namespace {

struct Program {
  const char* name;
  const char* debian_package;
};

const Program kPrograms[] = {{"tar", "tar"}};
const Program kContainerdPrograms[] = {
    {"containerd", "containerd"}, {"ctr", "containerd"}, {"runc", "runc"}};
const Program kDockerPrograms[] = {
    {"dockerd", "docker.io"},
    {"docker", "docker.io, since Debian 13 docker-cli"}};
const Program kPodmanPrograms[] = {{"podman", "podman"}};

bool IsInPath(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream directories(path == nullptr ? "" : path);
  std::string directory;
  while (std::getline(directories, directory, ':')) {
    if (::access((directory + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

template <typename Programs>
void AddMissing(const Programs& programs, std::vector<std::string>& missing) {
  for (const Program& program : programs) {
    if (IsInPath(program.name)) continue;
    missing.push_back(std::string(program.name) + " (Debian package " +
                      program.debian_package + ")");
  }
}

}  // namespace

std::string DistributionFirst() {
  const char* const path = std::getenv("PATH");
  return "/usr/sbin:/usr/bin:/sbin:/bin" +
         (path == nullptr ? "" : std::string(":") + path);
}

std::vector<std::string> MissingPrerequisites(const Daemons& daemons) {
  if (::geteuid() != 0) return {"root, to run container engines"};
  std::vector<std::string> missing;
  AddMissing(kPrograms, missing);
  // A test compares both.
  if (daemons.containerd || daemons.docker)
    AddMissing(kContainerdPrograms, missing);
  if (daemons.docker) AddMissing(kDockerPrograms, missing);
  if (daemons.podman) AddMissing(kPodmanPrograms, missing);
  if (!HasStaticBusybox()) {
    missing.push_back("a static busybox (Debian package busybox-static)");
  }
  if (!HasCgroups()) {
    missing.push_back(
        "control groups at /sys/fs/cgroup (Debian package cgroupfs-mount)");
  }
  if (!CanMakeSandbox()) {
    missing.push_back("the privilege to make namespaces (CAP_SYS_ADMIN)");
  }
  return missing;
}

}  // namespace containercollector::engine
