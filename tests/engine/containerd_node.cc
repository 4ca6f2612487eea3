// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/containerd_node.h"

#include <filesystem>
#include <utility>

#include "tests/engine/sandbox.h"

namespace containercollector::engine {
namespace {

const std::vector<std::string> kForEver = {"sleep", "1000000"};

std::string Uid(std::size_t pod) {
  return "1b4e28ba-2fa1-11d2-883f-0016d3cca4" + std::to_string(10 + pod);
}

}  // namespace

ContainerdNode::ContainerdNode(const std::string& directory)
    : directory_(directory), containerd_(directory) {
  RunInEveryState();
  RunWithMounts();
  RunWithOddTexts();
  if (HasPodNetwork()) RunOnPodNetwork();
  RunStoppedPod();
}

Pod& ContainerdNode::RunPod(const std::string& name, test::CriNetwork network) {
  Pod pod;
  test::CriSandbox& status = pod.request.status;
  status.name = name;
  status.pod_namespace = "default";
  status.uid = Uid(pods_.size());
  status.network = network;
  // As the kubelet labels it.
  status.labels = {{"io.kubernetes.pod.name", name},
                   {"io.kubernetes.pod.namespace", status.pod_namespace},
                   {"io.kubernetes.pod.uid", status.uid},
                   {"app", name}};
  status.annotations = {{"kubernetes.io/config.source", "api"}};
  pod.request.log_directory =
      directory_ + "/logs/default_" + name + "_" + status.uid;
  pod.request.cgroup_parent = "/" + ThisSandbox().cgroup;
  containerd_.Run(pod.request);
  return pods_.emplace_back(std::move(pod));
}

ContainerRequest& ContainerdNode::Add(Pod& pod, const std::string& name,
                                      std::vector<std::string> command,
                                      std::uint32_t attempt) {
  const test::CriSandbox& sandbox = pod.request.status;
  ContainerRequest container;
  test::CriContainer& status = container.status;
  status.sandbox_id = sandbox.id;
  status.name = name;
  status.attempt = attempt;
  status.image = PrivateContainerd::kImage;
  status.image_ref = containerd_.image_id();
  status.labels = {{"io.kubernetes.container.name", name},
                   {"io.kubernetes.pod.name", sandbox.name},
                   {"io.kubernetes.pod.namespace", sandbox.pod_namespace},
                   {"io.kubernetes.pod.uid", sandbox.uid}};
  status.annotations = {
      {"io.kubernetes.container.restartCount", std::to_string(attempt)},
      {"io.kubernetes.container.terminationMessagePath",
       "/dev/termination-log"}};
  status.log_path = name + "/" + std::to_string(attempt) + ".log";
  container.command = std::move(command);
  std::filesystem::create_directories(pod.request.log_directory + "/" + name);
  return pod.containers.emplace_back(std::move(container));
}

ContainerRequest& ContainerdNode::Run(Pod& pod, const std::string& name,
                                      std::vector<std::string> command,
                                      std::uint32_t attempt) {
  ContainerRequest& container = Add(pod, name, std::move(command), attempt);
  containerd_.Start(pod.request, container);
  return container;
}

void ContainerdNode::RunInEveryState() {
  Pod& pod = RunPod("states", test::CriNetwork::kNode);
  Run(pod, "running", kForEver);
  containerd_.Create(pod.request, Add(pod, "created", kForEver));
  containerd_.WaitForExit(Run(pod, "succeeded", {"true"}));
  const std::vector<std::string> kFails = {"sh", "-c", "exit 3"};
  containerd_.WaitForExit(Run(pod, "restarted", kFails));
  Run(pod, "restarted", kForEver, 1);
  const ContainerRequest& killed = Run(pod, "killed", kForEver);
  containerd_.Kill(killed);
  containerd_.WaitForExit(killed);
}

void ContainerdNode::RunWithMounts() {
  Pod& pod = RunPod("mounts", test::CriNetwork::kNode);
  const std::string kHostDirectory = directory_ + "/host directory";
  std::filesystem::create_directories(kHostDirectory);
  // The kernel lets mounts spread only from a shared mount.
  const std::string kShared = directory_ + "/shared";
  std::filesystem::create_directories(kShared);
  test::RunSuccessfully({"mount", "--bind", kShared, kShared});
  test::RunSuccessfully({"mount", "--make-shared", kShared});
  ContainerRequest& container = Add(pod, "mounts", kForEver);
  using test::CriPropagation;
  container.status.mounts = {
      {"/data", kHostDirectory, false, CriPropagation::kPrivate},
      {"/data-read-only", kHostDirectory, true, CriPropagation::kPrivate},
      {"/from-host", kShared, false, CriPropagation::kHostToContainer},
      {"/both", kShared, true, CriPropagation::kBidirectional}};
  containerd_.Start(pod.request, container);
}

void ContainerdNode::RunWithOddTexts() {
  constexpr std::size_t kLong = 10'000;
  Pod& pod = RunPod("texts", test::CriNetwork::kNode);
  ContainerRequest& container = Add(pod, "texts", kForEver);
  container.status.annotations = {
      {"empty", ""},
      {"quotes", R"("double" 'single' `back`)"},
      {"backslash", R"(C:\new\table\u0041)"},
      {"html", "<script>a && b</script>"},
      {"lines", "one\ntwo\r\n\tthree"},
      {"control", "\x01\x1b[31m\x7f"},
      {"unicode", "日本語 Ünï ئۇيغۇر \u2028"},
      {"emoji", "😀👩‍👩‍👧"},
      {"日本", "key"},
      {"json", R"({"a":[1,null]})"},
      {"long", std::string(kLong, 'x')},
      {"io.kubernetes.container.ports",
       R"([{"name":"http","hostPort":8080,"containerPort":80,"protocol":"TCP"},{"containerPort":53,"protocol":"UDP"}])"}};
  containerd_.Start(pod.request, container);
}

void ContainerdNode::RunOnPodNetwork() {
  Pod& pod = RunPod("network", test::CriNetwork::kPod);
  Run(pod, "network", kForEver);
}

void ContainerdNode::RunStoppedPod() {
  Pod& pod = RunPod("stopped", test::CriNetwork::kNode);
  Run(pod, "stopped", kForEver);
  containerd_.StopPod(pod.request);
}

}  // namespace containercollector::engine
