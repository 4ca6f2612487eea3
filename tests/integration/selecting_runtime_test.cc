// SPDX-License-Identifier: Apache-2.0

/// Which runtime is selected on nodes as they occur.
#include <chrono>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "containercollector/container_runtime.h"
#include "tests/integration/cri_node.h"
#include "tests/support/error_of.h"

using namespace containercollector;
using namespace containercollector::test;

namespace {

constexpr const char* kNameEndpoint =
    " Is a container runtime running? If it listens elsewhere, name its "
    "endpoint.";

/// A daemon that runs pods.
VersionedDaemon DockerWithPods() {
  return GoodDaemon(
      R"([{"Id":"d1","Names":["/k8s_web_pod_default_uid_0"],)"
      R"("Labels":{"io.kubernetes.pod.name":"pod"},"State":"running"}])");
}

RuntimeScript CriWithPods() {
  CriNode node = OnePod();
  node.containers.front().labels = {{"io.kubernetes.pod.name", "pod"}};
  return GoodRuntime(node);
}

/// Sockets for a CRI runtime and a Docker daemon, and what selects from them.
class AutoNode {
 public:
  explicit AutoNode(std::chrono::milliseconds timeout = kGenerous) {
    RuntimeOptions options;
    options.kind = RuntimeKind::kAuto;
    options.cri_endpoint = cri_host();
    options.docker_endpoint = docker_host();
    options.timeout = timeout;
    runtime_ = MakeRuntime(options);
  }

  std::string cri_host() const { return "unix://" + dir_.path() + "/cri"; }
  std::string docker_host() const { return "unix://" + dir_.path() + "/dock"; }

  ScriptedRuntime& StartCri(RuntimeScript script, DaemonOptions options = {}) {
    cri_.reset();
    return cri_.emplace(dir_ / "cri", std::move(script), options);
  }
  ScriptedDaemon& StartDocker(Script script, const char* socket = "dock") {
    docker_.reset();
    return docker_.emplace(UnixSocket{dir_ / socket}, std::move(script));
  }
  ScriptedRuntime& cri() { return *cri_; }
  ScriptedDaemon& docker() { return *docker_; }
  const ContainerRuntime& runtime() const { return *runtime_; }

  /// Returns the kind that the list came from, and the number of containers.
  std::string List(const ListOptions& options = {}) const {
    const auto count = runtime_->ListContainers(options).size();
    return std::string(ToString(runtime_->Choice().kind)) + " " +
           std::to_string(count);
  }

  std::string ErrorText() const {
    return ErrorOf([this] { List(); }).what();
  }

  std::string OthersText() const {
    return " Others respond, but list no running Kubernetes containers: " +
           docker_host() + ".";
  }

 private:
  TempDir dir_;
  std::optional<ScriptedRuntime> cri_;
  std::optional<ScriptedDaemon> docker_;
  std::unique_ptr<ContainerRuntime> runtime_;
};

}  // namespace

TEST_CASE("A Docker daemon left over next to containerd is not queried") {
  AutoNode node;
  node.StartCri(CriWithPods());
  node.StartDocker(GoodDaemon("[]"));
  for (int i = 0; i < 3; ++i) CHECK(node.List() == "cri 2");
  CHECK(node.docker().ConnectionsOpened() == 0);
  CHECK(node.runtime().endpoint() == node.cri_host());
}

TEST_CASE(
    "dockershim's Docker daemon wins over the containerd that serves it") {
  AutoNode node;
  SECTION("whose CRI lists nothing") { node.StartCri(GoodRuntime({})); }
  SECTION("without the CRI") { node.StartCri(RuntimeWithoutCri()); }
  node.StartDocker(DockerWithPods());
  CHECK(node.List() == "docker 1");
  const std::size_t calls = node.cri().Calls().size();
  for (int i = 0; i < 3; ++i) CHECK(node.List() == "docker 1");
  CHECK(node.cri().Calls().size() == calls);
  CHECK(node.runtime().endpoint() == node.docker_host());
}

TEST_CASE("A service that speaks another protocol is not a candidate") {
  AutoNode node;
  node.StartDocker(RespondWith(ResponseBytes(404, kJson, "no")));
  SECTION("a gRPC server without the CRI") {
    node.StartCri(RuntimeWithoutCri());
  }
  SECTION("a Docker daemon") {
    const ScriptedDaemon other(UnixSocket{node.cri_host().substr(7)},
                               GoodDaemon());
    CHECK(node.ErrorText().find(" is not gRPC but ") != std::string::npos);
    node.StartDocker(GoodDaemon());
    CHECK(node.List() == "docker 1");
    return;
  }
  const std::string text = node.ErrorText();
  CHECK(
      text.rfind("Cannot find a container runtime. The container runtime at " +
                     node.cri_host() + " ",
                 0) == 0);
  CHECK(text.find(std::string("daemon: no.") + kNameEndpoint) !=
        std::string::npos);
}

TEST_CASE("All known sockets are candidates unless an endpoint is given") {
  RuntimeOptions options;
  options.kind = RuntimeKind::kAuto;
  options.docker_endpoint = "unix:///nowhere/docker.sock";
  const auto text = [&] {
    return std::string(
        ErrorOf([&] { (void)MakeRuntime(options)->ListContainers(); }).what());
  };
  std::string sockets;
  for (const std::string path :
       {"/run/containerd/containerd.sock", "/run/crio/crio.sock",
        "/run/k3s/containerd/containerd.sock", "/run/k0s/containerd.sock",
        "/run/cri-dockerd.sock", "/run/dockershim.sock", "/nowhere/docker.sock",
        "/var/snap/microk8s/common/run/containerd.sock"}) {
    // A machine that runs tests may have any of them.
    if (std::filesystem::exists(path)) return;
    sockets += (sockets.empty() ? "unix://" : ", unix://") + path;
  }
  CHECK(text().find(": " + sockets + ". ") != std::string::npos);
  options.cri_endpoint = "unix:///nowhere/cri.sock";
  CHECK(text().find(
            ": unix:///nowhere/cri.sock, unix:///nowhere/docker.sock. ") !=
        std::string::npos);
}

TEST_CASE("A chosen runtime may restart, and another one may take over") {
  AutoNode node;
  node.StartDocker(GoodDaemon("[]"));
  CHECK(node.List() == "docker 0");
  node.StartCri(CriWithPods());
  ListOptions running;
  running.all = false;
  CHECK(node.List(running) == "cri 2");
  node.cri().Stop();
  CHECK(node.ErrorText() == "Cannot connect to the container runtime at " +
                                node.cri_host() + ". Is containerd running?" +
                                node.OthersText());
  node.StartCri(CriWithPods());
  CHECK(node.List() == "cri 2");
  node.cri().Stop(SocketFile::kLeave);
  node.docker().SetScript(DockerWithPods());
  CHECK(node.List() == "docker 1");
}

TEST_CASE("A hung runtime is the error, not the empty one beside it") {
  AutoNode node(std::chrono::milliseconds(800));
  node.StartDocker(GoodDaemon("[]"));
  std::string begin = "The container runtime at " + node.cri_host();
  SECTION("from the beginning") {
    node.StartCri(Changing(
        CriWithPods(), "ListContainers",
        [](RuntimeResponse& response) { response.when_released = true; }));
  }
  SECTION("and accepts no connections") {
    node.StartCri(CriWithPods(), {Behaviour::kNeverAccepts, 0});
    // Takes the only place in the queue.
    node.ErrorText();
    begin = "Cannot connect to the container runtime at " + node.cri_host();
  }
  const std::string text = node.ErrorText();
  CAPTURE(text);
  CHECK(text.rfind(begin, 0) == 0);
  CHECK(text.find(node.OthersText()) != std::string::npos);
}

TEST_CASE("Many threads may select at once") {
  AutoNode node;
  node.StartCri(GoodRuntime({}));
  node.StartDocker(GoodDaemon());
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 20; ++n) {
        ListOptions options;
        options.limit = i;
        if (node.List(options) != "docker 1") std::terminate();
        if (node.runtime().endpoint().empty()) std::terminate();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}
