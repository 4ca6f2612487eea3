// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_PRIVATE_CONTAINERD_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_PRIVATE_CONTAINERD_H_

#include <string>
#include <string_view>

#include "tests/engine/cri_requests.h"
#include "tests/engine/daemon_process.h"
#include "tests/support/grpc.h"

namespace containercollector::engine {

/// Whether the CRI of the runtime on the Unix socket `socket` responds.
bool RespondsToCri(const std::string& socket);

/// Where the CNI plugins that a pod network needs are; empty if they are not
/// installed.
std::string CniPluginDirectory();

/// A real containerd in the sandbox, whose CRI runs pods. It has one image,
/// which has busybox.
class PrivateContainerd {
 public:
  static constexpr const char* kImage = "localhost/busybox:1";

  /// Creates `directory`, starts containerd and imports the image.
  explicit PrivateContainerd(const std::string& directory);

  /// Calls a method of the CRI.
  /// @return The message of the response.
  /// @throws std::runtime_error if the call fails.
  std::string Call(const std::string& method, std::string_view message) const;

  /// Runs the pod and puts its id into the request.
  void Run(PodRequest& pod) const;

  /// Each creates a container and puts its id into the request.
  void Create(const PodRequest& pod, ContainerRequest& container) const;
  void Start(const PodRequest& pod, ContainerRequest& container) const;

  /// Waits until a container that was started has ended.
  /// @throws std::runtime_error if it does not.
  void WaitForExit(const ContainerRequest& container) const;

  /// Each returns what containerd says now.
  test::CriContainer Status(const ContainerRequest& container) const;
  test::CriSandbox Status(const PodRequest& pod) const;

  /// Kills a container.
  void Kill(const ContainerRequest& container) const;

  void StopPod(const PodRequest& pod) const;

  DaemonProcess& process() { return process_; }
  const std::string& socket() const { return process_.socket(); }
  std::string endpoint() const { return "unix://" + socket(); }

  /// The id of the image, sha256:….
  const std::string& image_id() const { return image_id_; }

 private:
  void ImportImages(const std::string& directory);

  DaemonProcess process_;
  std::string image_id_;
};

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_PRIVATE_CONTAINERD_H_
