// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/podman_node.h"

#include "tests/engine/sandbox.h"

namespace containercollector::engine {
namespace {

test::Command WithImage(const test::Command& command,
                        const test::Command& program) {
  return test::Joined(
      test::Joined(command, {"--cgroup-parent=/" + ThisSandbox().cgroup,
                             "localhost/busybox:1"}),
      program);
}

}  // namespace

PodmanNode::PodmanNode(const std::string& directory)
    : engine_(PodmanCommands(directory), directory) {
  const test::Command kForEver = {"sleep", "1000000"};
  const auto create = [this](const test::Command& options,
                             const test::Command& program) {
    engine_.Run(WithImage(test::Joined({"create"}, options), program));
  };
  const auto run = [this](const test::Command& options,
                          const test::Command& program) {
    engine_.Run(WithImage(test::Joined({"run", "--detach"}, options), program));
  };
  create({"--name=created", "--network=none", "--label=x=y"}, {"ls", "-l"});
  // Running, it would need a packet filter.
  create({"--name=ports", "--network=podman", "--publish=8080:80",
          "--publish=127.0.0.1:8081:81/udp"},
         kForEver);
  run({"--name=labels", "--network=none",
       "--label=empty=", "--label=odd=<&> \"quoted\" \\ 日本 😀\nnext line"},
      kForEver);
  run({"--name=host-network", "--network=host"}, kForEver);
  run({"--name=mounts", "--network=none", "--volume=data:/data",
       "--volume=" + directory + ":/host:ro", "--tmpfs=/scratch"},
      kForEver);
  run({"--name=failed", "--network=none"}, {"sh", "-c", "exit 3"});
  engine_.Run({"wait", "failed"});
  run({"--name=paused", "--network=none"}, kForEver);
  engine_.Run({"pause", "paused"});
}

}  // namespace containercollector::engine
