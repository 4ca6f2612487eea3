// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/private_podman.h"

#include <filesystem>

#include "tests/engine/busybox_image.h"

namespace containercollector::engine {
namespace {

/// What every podman command needs to work on the same containers.
test::Command PodmanCommand(const std::string& directory) {
  return {"podman",
          "--root=" + directory + "/data",
          "--runroot=" + directory + "/run",
          "--tmpdir=" + directory + "/tmp",
          "--network-config-dir=" + directory + "/networks",
          "--storage-driver=vfs",
          "--cgroup-manager=cgroupfs",
          "--events-backend=none"};
}

}  // namespace

PrivatePodman::PrivatePodman(const std::string& directory)
    : podman_(PodmanCommand(directory)),
      process_(test::Joined(podman_, {"system", "service", "--time=0",
                                      "unix://" + directory + "/sock"}),
               directory + "/sock", directory + "/daemon.log") {
  std::filesystem::create_directories(directory + "/networks");
  Podman({"import", MakeBusyboxArchive(directory), "localhost/busybox:1"});
  process_.Start();
}

std::string PrivatePodman::Podman(const test::Command& arguments) const {
  return test::RunSuccessfully(test::Joined(podman_, arguments));
}

}  // namespace containercollector::engine
