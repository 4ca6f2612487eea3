// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/docker_node.h"

#include <chrono>
#include <filesystem>
#include <stdexcept>

#include "tests/support/wait.h"

namespace containercollector::engine {
namespace {

const char* const kImage = "busybox:1";

}  // namespace

DockerNode::DockerNode(const std::string& directory)
    : engine_(DockerCommands(directory), directory), directory_(directory) {
  RunRestarting();
  RunPodLikeKubernetes();
  RunWithPorts();
  RunOnNetworks();
  RunWithMounts();
  RunWithOddTexts();
  RunInEveryOtherState();
  WaitForRestarts();
}

void DockerNode::RunForEver(const test::Command& options) {
  engine_.Run(test::Joined(test::Joined({"run", "--detach"}, options),
                           {kImage, "sleep", "1000000"}));
}

void DockerNode::RunRestarting() {
  engine_.Run({"run", "--detach", "--name=restarting", "--restart=always",
               kImage, "sh", "-c", "exit 1"});
}

void DockerNode::RunPodLikeKubernetes() {
  const std::string kUid = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";
  const std::string kSandbox = "k8s_POD_web-5d4f8_default_" + kUid + "_0";
  const test::Command kPod = {"--label=io.kubernetes.pod.name=web-5d4f8",
                              "--label=io.kubernetes.pod.namespace=default",
                              "--label=io.kubernetes.pod.uid=" + kUid};
  RunForEver(test::Joined(kPod, {"--name=" + kSandbox,
                                 "--label=io.kubernetes.docker.type=podsandbox",
                                 "--label=io.kubernetes.container.name=POD"}));
  RunForEver(test::Joined(
      kPod,
      {"--name=k8s_nginx_web-5d4f8_default_" + kUid + "_0",
       "--network=container:" + kSandbox,
       "--label=io.kubernetes.docker.type=container",
       "--label=io.kubernetes.container.name=nginx",
       R"(--label=annotation.io.kubernetes.container.ports=[{"containerPort":80}])",
       "--label=annotation.io.kubernetes.container.restartCount=0"}));
}

void DockerNode::RunWithPorts() {
  RunForEver({"--name=ports", "--publish=8080:80", "--publish=5353:53/udp",
              "--publish=9000-9003:9000-9003", "--publish=127.0.0.1:8081:81",
              "--publish=127.0.0.1:8081:81/udp", "--publish=[::1]:8082:82",
              "--publish=65535", "--expose=99", "--expose=3000-3002/udp",
              "--expose=132/sctp"});
  RunForEver({"--name=linked", "--link=ports:web"});
}

void DockerNode::RunOnNetworks() {
  engine_.Run({"network", "create", "--subnet=10.9.0.0/24",
               "--gateway=10.9.0.1", "--ipv6", "--subnet=fd00:9::/64",
               "front"});
  engine_.Run(
      {"network", "create", "--internal", "--subnet=10.10.0.0/16", "back"});
  engine_.Run({"network", "create", "--subnet=10.11.0.0/16", "other"});

  RunForEver({"--name=fixed-address", "--network=front", "--ip=10.9.0.77",
              "--ip6=fd00:9::77", "--link-local-ip=169.254.9.9",
              "--mac-address=02:42:0a:09:00:4d", "--network-alias=web",
              "--network-alias=www"});

  RunForEver({"--name=three-networks", "--network=front"});
  engine_.Run({"network", "connect", "--ip=10.10.0.7", "--alias=database",
               "--driver-opt=com.example.a=1", "--driver-opt=com.example.b=<&>",
               "back", "three-networks"});
  engine_.Run({"network", "connect", "--link=fixed-address:front", "other",
               "three-networks"});

  RunForEver({"--name=host-network", "--network=host"});
  RunForEver({"--name=no-network", "--network=none"});
  engine_.Run({"create", "--name=created-on-network", "--network=front",
               "--ip=10.9.0.99", kImage, "ls"});
}

void DockerNode::RunWithMounts() {
  const std::string kHostDirectory = directory_ + "/host directory";
  std::filesystem::create_directories(kHostDirectory);
  engine_.Run({"volume", "create", "data"});
  RunForEver({"--name=mounts", "--volume=data:/data",
              "--volume=data:/data-read-only:ro", "--volume=/anonymous",
              "--volume=" + kHostDirectory + ":/host",
              "--volume=" + kHostDirectory + ":/host-read-only:ro,z",
              "--mount=type=tmpfs,destination=/scratch,tmpfs-size=65536",
              "--tmpfs=/tmp"});
  RunForEver({"--name=read-only", "--read-only",
              "--volume=" + kHostDirectory + ":/host:private"});
}

void DockerNode::RunWithOddTexts() {
  constexpr std::size_t kLongLabel = 10'000;
  RunForEver({"--name=labels", "--label=empty=", "--label=no-value",
              R"(--label=quotes="double" 'single' `back`)",
              R"(--label=backslash=C:\new\table\u0041)",
              "--label=html=<script>a && b</script>",
              "--label=lines=one\ntwo\r\n\tthree",
              "--label=control=\x01\x1b[31m\x7f",
              "--label=unicode=日本語 Ünï ئۇيغۇر \u2028",
              "--label=emoji=😀👩‍👩‍👧", "--label=equals=a=b=c",
              "--label=日本=key", R"(--label=<&>"\=key)",
              "--label=json={\"a\":[1,null]}",
              "--label=long=" + std::string(kLongLabel, 'x'), "--label=x=y"});
  engine_.Run({"run", "--detach", "--name=odd-command", kImage, "sh", "-c",
               "# <&> \"quoted\" \\ 日本 😀\nsleep 1000000", "it's", ""});
}

void DockerNode::RunInEveryOtherState() {
  engine_.Run({"create", "--name=created", "--label=x=y", kImage, "ls", "-l"});
  engine_.Run({"run", "--detach", "--name=succeeded", kImage, "true"});
  engine_.Run({"run", "--detach", "--name=failed", kImage, "sh", "-c",
               "echo text > /file; exit 3"});
  engine_.Run({"wait", "succeeded", "failed"});
  RunForEver({"--name=killed", "--label=x=z"});
  engine_.Run({"kill", "killed"});
  RunForEver({"--name=paused"});
  engine_.Run({"pause", "paused"});
  RunForEver(
      {"--name=health-starting", "--health-cmd=true", "--health-interval=1h"});
  RunForEver({"--name=before-rename"});
  engine_.Run({"rename", "before-rename", "after-rename"});
}

void DockerNode::WaitForRestarts() const {
  // The pauses between restarts double. Once they last for seconds, no state
  // comes back within the time of a few requests.
  constexpr std::chrono::minutes kBound{1};
  constexpr int kRestarts = 5;
  const auto restarted_often = [this] {
    return std::stoi(engine_.Run({"inspect", "--format={{.RestartCount}}",
                                  "restarting"})) >= kRestarts;
  };
  if (!test::WaitUntil(restarted_often, kBound)) {
    throw std::runtime_error("the container does not restart");
  }
}

}  // namespace containercollector::engine
