// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/private_dockerd.h"

#include <filesystem>

#include "tests/engine/busybox_image.h"
#include "tests/engine/sandbox.h"

namespace containercollector::engine {
namespace {

test::Command DockerdCommand(const std::string& directory) {
  return {"dockerd", "--host=unix://" + directory + "/sock",
          "--data-root=" + directory + "/data",
          "--exec-root=" + directory + "/exec",
          "--pidfile=" + directory + "/pid",
          "--cgroup-parent=/" + ThisSandbox().cgroup,
          "--exec-opt=native.cgroupdriver=cgroupfs",
          // Without what the kernel or the file system below might not have.
          "--storage-driver=vfs", "--iptables=false", "--ip6tables=false",
          "--ip-masq=false"};
}

}  // namespace

PrivateDockerd::PrivateDockerd(const std::string& directory)
    : process_(DockerdCommand(directory), directory + "/sock",
               directory + "/daemon.log") {
  std::filesystem::create_directories(directory);
  process_.Start();
  Docker({"import", MakeBusyboxArchive(directory), "busybox:1"});
}

std::string PrivateDockerd::Docker(const test::Command& arguments) const {
  return test::RunSuccessfully(
      test::Joined({"docker", "--host=unix://" + socket()}, arguments));
}

}  // namespace containercollector::engine
