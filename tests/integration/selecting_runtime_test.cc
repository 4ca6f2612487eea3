// SPDX-License-Identifier: Apache-2.0

/// Which runtime is selected on nodes as they occur.
#include <sys/stat.h>

#include <chrono>
#include <exception>
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

/// A container of Kubernetes, as Docker lists it.
constexpr std::string_view kDockerPod =
    R"([{"Id":"d1","Names":["/k8s_web_pod_default_uid_0"],)"
    R"("Labels":{"io.kubernetes.pod.name":"pod"},"State":"running"}])";

CriNode KubernetesNode() {
  CriNode node = OnePod();
  node.containers.front().labels = {{"io.kubernetes.pod.name", "pod"}};
  return node;
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
  ScriptedDaemon& StartDocker(Script script, DaemonOptions options = {}) {
    docker_.reset();
    return docker_.emplace(UnixSocket{dir_ / "dock"}, std::move(script),
                           options);
  }
  ScriptedDaemon& StartDockerAtCri(Script script) {
    cri_.reset();
    return other_.emplace(UnixSocket{dir_ / "cri"}, std::move(script));
  }
  ScriptedRuntime& cri() { return *cri_; }
  ScriptedDaemon& docker() { return *docker_; }

  const ContainerRuntime& runtime() const { return *runtime_; }

  /// The kind that the list came from, and the number of containers.
  std::string List(const ListOptions& options = {}) const {
    const auto count = runtime_->ListContainers(options).size();
    return std::string(ToString(runtime_->Choice().kind)) + " " +
           std::to_string(count);
  }

  Error Fails() const {
    return ErrorOf([this] { List(); });
  }

 private:
  TempDir dir_;
  std::optional<ScriptedRuntime> cri_;
  std::optional<ScriptedDaemon> docker_;
  std::optional<ScriptedDaemon> other_;
  std::unique_ptr<ContainerRuntime> runtime_;
};

std::string OthersText(const std::string& host) {
  return " Others respond, but list no running Kubernetes containers: " + host +
         ".";
}

}  // namespace

TEST_CASE("A Docker daemon that is left over next to containerd is not asked") {
  AutoNode node;
  node.StartCri(GoodRuntime(KubernetesNode()));
  node.StartDocker(GoodDaemon("[]"));
  for (int i = 0; i < 3; ++i) CHECK(node.List() == "cri 2");
  CHECK(node.docker().ConnectionsOpened() == 0);
  CHECK(node.runtime().endpoint() == node.cri_host());
  CHECK(node.runtime().Choice().reason == "it lists Kubernetes containers");
}

TEST_CASE(
    "dockershim's Docker daemon wins over the containerd that serves it") {
  AutoNode node;
  SECTION("whose CRI lists nothing") { node.StartCri(GoodRuntime({})); }
  SECTION("without the CRI") { node.StartCri(RuntimeWithoutCri()); }
  node.StartDocker(GoodDaemon(std::string(kDockerPod)));
  CHECK(node.List() == "docker 1");
  const std::size_t calls = node.cri().Calls().size();
  for (int i = 0; i < 3; ++i) CHECK(node.List() == "docker 1");
  CHECK(node.cri().Calls().size() == calls);
  CHECK(node.runtime().endpoint() == node.docker_host());
}

TEST_CASE("Docker alone is one request for each list") {
  AutoNode node;
  node.StartDocker(GoodDaemon());
  SECTION("without any other socket") {}
  SECTION("next to a socket that refuses") {
    node.StartCri(GoodRuntime({}));
    node.cri().Stop(SocketFile::kLeave);
  }
  CHECK(node.List() == "docker 1");
  CHECK(node.List() == "docker 1");
  CHECK(node.docker().Requests().size() == 2);
  CHECK(node.runtime().Choice().reason.empty());
}

TEST_CASE("What speaks another protocol does not count") {
  AutoNode node;
  SECTION("a Docker daemon at the CRI's socket") {
    node.StartDockerAtCri(GoodDaemon());
    node.StartDocker(GoodDaemon());
    CHECK(node.List() == "docker 1");
    CHECK(node.runtime().endpoint() == node.docker_host());
  }
  SECTION("neither at Docker's socket") {
    node.StartCri(RuntimeWithoutCri());
    node.StartDocker(RespondWith(ResponseBytes(404, kJson, "no")));
    const Error error = node.Fails();
    CHECK(error.code() == ErrorCode::kCannotConnect);
    CHECK(std::string(error.what())
              .rfind("Cannot find a container runtime. "
                     "The container runtime at " +
                         node.cri_host() + " ",
                     0) == 0);
    CHECK(
        std::string(error.what()).find("daemon: no. Is a container runtime ") !=
        std::string::npos);
  }
}

TEST_CASE("Without any runtime, the error names each socket") {
  AutoNode node;
  CHECK(node.Fails().what() ==
        "Cannot find a container runtime. These sockets do not exist: " +
            node.cri_host() + ", " + node.docker_host() +
            ". Is a container runtime running? If it listens elsewhere, name "
            "its endpoint.");
  node.StartDocker(GoodDaemon());
  node.docker().Stop(SocketFile::kLeave);
  CHECK(node.Fails().what() ==
        "Cannot find a container runtime. Cannot connect to the Docker daemon "
        "at " +
            node.docker_host() +
            ". Is the docker daemon running? These sockets do not exist: " +
            node.cri_host() +
            ". Is a container runtime running? If it listens elsewhere, name "
            "its endpoint.");
}

TEST_CASE("All usual sockets are candidates, unless one is given") {
  RuntimeOptions options;
  options.kind = RuntimeKind::kAuto;
  options.docker_endpoint = "unix:///nowhere/docker.sock";
  const auto text = [&] {
    return std::string(
        ErrorOf([&] { (void)MakeRuntime(options)->ListContainers(); }).what());
  };
  // A machine that runs tests may have any of them.
  struct stat file{};
  std::vector<std::string> paths = {
      "/run/containerd/containerd.sock",
      "/run/crio/crio.sock",
      "/run/k3s/containerd/containerd.sock",
      "/run/k0s/containerd.sock",
      "/run/cri-dockerd.sock",
      "/run/dockershim.sock",
      "/nowhere/docker.sock",
      "/var/snap/microk8s/common/run/containerd.sock"};
  std::string sockets;
  for (const std::string& path : paths) {
    if (::stat(path.c_str(), &file) == 0) return;
    sockets += (sockets.empty() ? "unix://" : ", unix://") + path;
  }
  CHECK(text().find(": " + sockets + ". ") != std::string::npos);
  options.cri_endpoint = "unix:///nowhere/cri.sock";
  CHECK(text().find(
            ": unix:///nowhere/cri.sock, unix:///nowhere/docker.sock. ") !=
        std::string::npos);
}

TEST_CASE("A chosen runtime may restart") {
  AutoNode node;
  node.StartCri(GoodRuntime(KubernetesNode()));
  node.StartDocker(GoodDaemon("[]"));
  CHECK(node.List() == "cri 2");
  node.cri().Stop();
  const std::string down = "Cannot connect to the container runtime at " +
                           node.cri_host() + ". Is containerd running?";
  CHECK(node.Fails().what() == down + OthersText(node.docker_host()));
  node.StartCri(GoodRuntime(KubernetesNode()));
  CHECK(node.List() == "cri 2");
  // Another runtime takes over.
  node.cri().Stop(SocketFile::kLeave);
  node.docker().SetScript(GoodDaemon(std::string(kDockerPod)));
  CHECK(node.List() == "docker 1");
}

TEST_CASE("A runtime that appears is found") {
  AutoNode node;
  node.StartDocker(GoodDaemon("[]"));
  CHECK(node.List() == "docker 0");
  node.StartCri(GoodRuntime(KubernetesNode()));
  ListOptions running;
  running.all = false;
  CHECK(node.List(running) == "cri 2");
}

TEST_CASE("A runtime that hangs is the error, next to an empty one") {
  AutoNode node(std::chrono::milliseconds(800));
  node.StartDocker(GoodDaemon("[]"));
  std::string text = "The container runtime at " + node.cri_host();
  ErrorCode code = ErrorCode::kTimeout;
  SECTION("from the beginning") {
    node.StartCri(With(GoodRuntime(KubernetesNode()), "ListContainers", [] {
      RuntimeResponse response;
      response.end = RuntimeResponse::End::kNever;
      return response;
    }()));
    CHECK(
        std::string(node.Fails().what()).find(OthersText(node.docker_host())) !=
        std::string::npos);
  }
  SECTION("after it was chosen") {
    DaemonOptions hangs;
    node.StartCri(GoodRuntime(KubernetesNode()));
    CHECK(node.List() == "cri 2");
    hangs.behaviour = Behaviour::kNeverReads;
    node.StartCri(GoodRuntime(KubernetesNode()), hangs);
    text +=
        " did not finish its answer to runtime.v1.RuntimeService/"
        "ListContainers within 800ms";
  }
  SECTION("and accepts no connections") {
    DaemonOptions full;
    full.behaviour = Behaviour::kNeverAccepts;
    full.backlog = 0;
    node.StartCri(GoodRuntime(KubernetesNode()), full);
    // Takes the only place in the queue.
    (void)node.Fails();
    code = ErrorCode::kCannotConnect;
    text = "Cannot connect to the container runtime at " + node.cri_host();
  }
  const Error error = node.Fails();
  CAPTURE(error.what());
  CHECK(error.code() == code);
  CHECK(std::string(error.what()).rfind(text, 0) == 0);
}

TEST_CASE("A list that is too large is the error, next to an empty runtime") {
  AutoNode node;
  node.StartCri(With(GoodRuntime(KubernetesNode()), "ListContainers",
                     GrpcError(GrpcCode::kResourceExhausted,
                               "trying to send message larger "
                               "than max")));
  node.StartDocker(GoodDaemon("[]"));
  const Error error = node.Fails();
  CHECK(error.code() == ErrorCode::kDaemonError);
  CHECK(std::string(error.what()).find("trying to send message larger") !=
        std::string::npos);
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
