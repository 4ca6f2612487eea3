// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/private_engine.h"

#include <filesystem>

#include "tests/engine/busybox_image.h"
#include "tests/engine/sandbox.h"

namespace containercollector::engine {

EngineCommands DockerCommands(const std::string& directory) {
  const std::string host = "--host=unix://" + directory + "/sock";
  return {
      {"dockerd", host, "--data-root=" + directory + "/data",
       "--exec-root=" + directory + "/exec", "--pidfile=" + directory + "/pid",
       "--cgroup-parent=/" + ThisSandbox().cgroup,
       "--exec-opt=native.cgroupdriver=cgroupfs",
       // The kernel or the file system may lack what others need.
       "--storage-driver=vfs", "--iptables=false", "--ip6tables=false",
       "--ip-masq=false"},
      {"docker", host},
      "busybox:1"};
}

EngineCommands PodmanCommands(const std::string& directory) {
  const test::Command client = {
      "podman",
      "--root=" + directory + "/data",
      "--runroot=" + directory + "/run",
      "--tmpdir=" + directory + "/tmp",
      "--network-config-dir=" + directory + "/networks",
      "--storage-driver=vfs",
      "--cgroup-manager=cgroupfs",
      "--events-backend=none"};
  return {test::Joined(client, {"system", "service", "--time=0",
                                "unix://" + directory + "/sock"}),
          client, "localhost/busybox:1"};
}

PrivateEngine::PrivateEngine(const EngineCommands& commands,
                             const std::string& directory)
    : client_(commands.client),
      process_(commands.daemon, directory + "/sock",
               directory + "/daemon.log") {
  // Podman does not create the directory of its networks.
  std::filesystem::create_directories(directory + "/networks");
  process_.Start();
  Run({"import", MakeBusyboxArchive(directory), commands.image});
}

std::string PrivateEngine::Run(const test::Command& arguments) const {
  return test::RunSuccessfully(test::Joined(client_, arguments));
}

}  // namespace containercollector::engine
