// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/private_containerd.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "tests/engine/busybox_image.h"
#include "tests/support/runtime_scripts.h"
#include "tests/support/wait.h"

namespace containercollector::engine {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPauseImage = "localhost/pause:1";
constexpr std::chrono::minutes kBound{2};

void WriteFile(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  if (!(file << content).flush())
    throw std::runtime_error("cannot write " + path);
}

/// containerd's settings, in the version that 1.5 and later read.
std::string Settings(const std::string& directory) {
  const std::string cri = "[plugins.\"io.containerd.grpc.v1.cri\"";
  return "version = 2\n"
         "root = \"" +
         directory +
         "/root\"\n"
         "state = \"" +
         directory +
         "/state\"\n"
         "[grpc]\n"
         "  address = \"" +
         directory +
         "/sock\"\n"
         "[plugins.\"io.containerd.internal.v1.opt\"]\n"
         "  path = \"" +
         directory + "/opt\"\n" + cri +
         "]\n"
         // No registry is asked for the image.
         "  sandbox_image = \"" +
         kPauseImage +
         "\"\n"
         // The machine may itself be a container.
         "  restrict_oom_score_adj = true\n"
         "  disable_apparmor = true\n" +
         cri +
         ".containerd]\n"
         // The kernel or the file system may lack what others need.
         "  snapshotter = \"native\"\n" +
         cri +
         ".containerd.runtimes.runc]\n"
         "  runtime_type = \"io.containerd.runc.v2\"\n" +
         cri +
         ".cni]\n"
         "  bin_dir = \"" +
         CniPluginDirectory() +
         "\"\n"
         "  conf_dir = \"" +
         directory + "/cni\"\n";
}

/// A bridge without packet filter, for both families.
std::string NetworkSettings(const std::string& directory) {
  return R"({"cniVersion": "0.4.0", "name": "pods", "plugins": [{
    "type": "bridge", "bridge": "pods0", "isGateway": true,
    "ipam": {"type": "host-local", "dataDir": ")" +
         directory + R"(/addresses", "ranges": [
      [{"subnet": "10.77.0.0/24"}], [{"subnet": "fd00:77::/64"}]]}}]})";
}

/// Writes an archive as `docker save` does, with one layer.
void WriteImage(const std::string& directory, const std::string& name,
                const std::string& layer) {
  const std::string sum =
      test::RunSuccessfully({"sha256sum", directory + "/" + layer})
          .substr(0, 64);
  std::string architecture =
      test::RunSuccessfully({"dpkg", "--print-architecture"});
  architecture.pop_back();
  WriteFile(directory + "/config.json",
            R"({"architecture": ")" + architecture +
                R"(", "os": "linux", "config": {"Env": ["PATH=/bin"],)"
                R"( "Cmd": ["sleep", "1000000"]},)"
                R"( "rootfs": {"type": "layers", "diff_ids": ["sha256:)" +
                sum + R"("]}})");
  WriteFile(directory + "/manifest.json",
            R"([{"Config": "config.json", "RepoTags": [")" + name +
                R"("], "Layers": [")" + layer + R"("]}])");
  test::RunSuccessfully({"tar", "--create",
                         "--file=" + directory + "/image.tar", "--directory",
                         directory, "manifest.json", "config.json", layer});
}

/// Creates what containerd needs before it starts.
std::string Prepared(const std::string& directory) {
  fs::create_directories(directory + "/cni");
  WriteFile(directory + "/config.toml", Settings(directory));
  if (!CniPluginDirectory().empty())
    WriteFile(directory + "/cni/pods.conflist", NetworkSettings(directory));
  return directory;
}

}  // namespace

bool RespondsToCri(const std::string& socket) {
  try {
    return test::GrpcClient("unix://" + socket)
               .Call("/" + std::string(test::kCriService) + "/Version", "")
               .Status() == 0;
  } catch (const std::runtime_error&) {
    return false;
  }
}

std::string CniPluginDirectory() {
  for (const std::string directory : {"/usr/lib/cni", "/opt/cni/bin"}) {
    if (fs::exists(directory + "/bridge") &&
        fs::exists(directory + "/host-local") &&
        fs::exists(directory + "/loopback")) {
      return directory;
    }
  }
  return "";
}

PrivateContainerd::PrivateContainerd(const std::string& directory)
    : process_(
          {"containerd", "--config=" + Prepared(directory) + "/config.toml"},
          directory + "/sock", directory + "/containerd.log", &RespondsToCri) {
  process_.Start();
  ImportImages(directory);
}

void PrivateContainerd::ImportImages(const std::string& directory) {
  const fs::path layer = MakeBusyboxArchive(directory);
  for (const std::string name : {kPauseImage, kImage}) {
    WriteImage(directory, name, layer.filename().string());
    test::RunSuccessfully({"ctr", "--address=" + socket(), "--namespace=k8s.io",
                           "images", "import", "--snapshotter=native",
                           directory + "/image.tar"});
    // The CRI learns of the image from an event.
    std::string image;
    const auto known = [&] {
      image = test::GrpcClient(endpoint())
                  .Call("/runtime.v1.ImageService/ImageStatus",
                        ImageStatusRequest(name))
                  .Message();
      return !image.empty();
    };
    if (!test::WaitUntil(known, kBound))
      throw std::runtime_error("containerd does not know the image " + name);
    image_id_ = test::FirstString(test::FirstString(image));
  }
}

std::string PrivateContainerd::Call(const std::string& method,
                                    std::string_view message) const {
  const std::string path = "/" + std::string(test::kCriService) + "/" + method;
  return test::GrpcClient(endpoint()).Call(path, message, kBound).Message();
}

void PrivateContainerd::Run(PodRequest& pod) const {
  fs::create_directories(pod.log_directory);
  pod.status.id =
      test::FirstString(Call("RunPodSandbox", RunPodSandboxRequest(pod)));
}

void PrivateContainerd::Create(const PodRequest& pod,
                               ContainerRequest& container) const {
  container.status.id = test::FirstString(
      Call("CreateContainer", CreateContainerRequest(pod, container)));
}

void PrivateContainerd::Start(const PodRequest& pod,
                              ContainerRequest& container) const {
  Create(pod, container);
  Call("StartContainer", IdRequest(container.status.id));
}

void PrivateContainerd::WaitForExit(const ContainerRequest& container) const {
  const auto exited = [&] {
    return Status(container).state == test::CriState::kExited;
  };
  if (!test::WaitUntil(exited, kBound))
    throw std::runtime_error("the container " + container.status.name +
                             " does not end");
}

test::CriContainer PrivateContainerd::Status(
    const ContainerRequest& container) const {
  return test::ParseContainerStatus(
      Call("ContainerStatus", IdRequest(container.status.id)));
}

test::CriSandbox PrivateContainerd::Status(const PodRequest& pod) const {
  return test::ParsePodSandboxStatus(
      Call("PodSandboxStatus", IdRequest(pod.status.id)));
}

void PrivateContainerd::Kill(const ContainerRequest& container) const {
  Call("StopContainer", StopContainerRequest(container.status.id, 0));
}

void PrivateContainerd::StopPod(const PodRequest& pod) const {
  Call("StopPodSandbox", IdRequest(pod.status.id));
}

}  // namespace containercollector::engine
