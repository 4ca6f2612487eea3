// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_CONTAINERD_NODE_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_CONTAINERD_NODE_H_

#include <list>
#include <string>

#include "tests/engine/cri_requests.h"
#include "tests/engine/private_containerd.h"

namespace containercollector::engine {

/// A pod that was run, and its containers.
struct Pod {
  PodRequest request;
  std::list<ContainerRequest> containers;
};

/// A containerd with pods that differ in all that a list of containers shows:
/// states, attempts, mounts, labels, annotations and networks.
class ContainerdNode {
 public:
  static constexpr const char* kName = "containerd";

  /// The ports of the container "texts", as Docker shows them.
  static constexpr const char* kPorts =
      R"([{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},)"
      R"({"PrivatePort":53,"Type":"udp"}])";

  /// Keeps everything in `directory`, which it creates.
  explicit ContainerdNode(const std::string& directory);

  PrivateContainerd& containerd() { return containerd_; }
  const std::list<Pod>& pods() const { return pods_; }

  /// Returns whether a pod has addresses of its own: CNI plugins are installed.
  static bool HasPodNetwork() { return !CniPluginDirectory().empty(); }

 private:
  Pod& RunPod(const std::string& name, test::CriNetwork network);
  ContainerRequest& Add(Pod& pod, const std::string& name,
                        std::vector<std::string> command,
                        std::uint32_t attempt = 0);
  ContainerRequest& Run(Pod& pod, const std::string& name,
                        std::vector<std::string> command,
                        std::uint32_t attempt = 0);

  void RunInEveryState();
  void RunWithMounts();
  void RunWithOddTexts();
  void RunOnPodNetwork();
  void RunStoppedPod();

  const std::string directory_;
  PrivateContainerd containerd_;
  std::list<Pod> pods_;
};

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_CONTAINERD_NODE_H_
