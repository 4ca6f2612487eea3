// SPDX-License-Identifier: Apache-2.0

#include <string>

#include "tests/server/node.h"
#include "tests/support/runtime_scripts.h"
#include "tests/support/scripted_runtime.h"

using namespace containercollector::test;

namespace {

/// A pod whose name is in the list.
CriNode PodNode() {
  CriNode node;
  CriSandbox& sandbox = node.sandboxes.emplace_back();
  sandbox.id = "5a0db0c5";
  sandbox.name = "pod";
  sandbox.pod_namespace = "default";
  sandbox.uid = "uid";
  sandbox.created_at = 1'600'000'000'000'000'000;
  sandbox.labels = {{"io.kubernetes.pod.name", "pod"}};
  return node;
}

/// Sockets for both kinds of runtimes, on which nothing listens at first.
struct Sockets {
  TempDir dir;
  std::string docker = "unix://" + dir.path() + "/docker.sock";
  std::string cri = "unix://" + dir.path() + "/cri.sock";
};

Command Arguments(const std::string& runtime, const Sockets& sockets) {
  return {"--runtime=" + runtime, "--cri-endpoint=" + sockets.cri};
}

void CheckIsPod(const HttpResponse& response) {
  CHECK(response.status == 200);
  CHECK(response.body.find("/k8s_POD_pod_default_uid_0") != std::string::npos);
}

bool HasMetric(const ServerProcess& server, const std::string& line) {
  return Get(server.url(), "/metrics").body.find("\n" + line + "\n") !=
         std::string::npos;
}

std::string RuntimeMetric(const std::string& runtime,
                          const std::string& endpoint, int value) {
  return "containercollector_runtime{endpoint=\"" + endpoint + "\",runtime=\"" +
         runtime + "\"} " + std::to_string(value);
}

std::size_t Count(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("With --runtime=cri, the containers of the CRI are served") {
  const Sockets sockets;
  const ScriptedRuntime runtime(sockets.dir / "cri.sock",
                                GoodRuntime(PodNode()));
  // A Docker daemon is not asked, though there is one.
  const ScriptedDaemon daemon(UnixSocket{sockets.dir / "docker.sock"},
                              GoodDaemon());
  ServerProcess server(sockets.docker, Arguments("cri", sockets));
  CheckIsPod(Post(server.url()));
  WaitForReadiness(server.url(), 200,
                   "The container runtime at " + sockets.cri + " responds.");
  CHECK(HasMetric(server, RuntimeMetric("cri", sockets.cri, 1)));
  CHECK(daemon.Requests().empty());
  CHECK(runtime.Errors().empty());
  CheckStops(server);
}

TEST_CASE("A CRI that is gone is reported, and then works again") {
  const Sockets sockets;
  ServerProcess server(sockets.docker, Arguments("cri", sockets));
  const std::string text = "Cannot connect to the container runtime at " +
                           sockets.cri + ". Is containerd running?";
  CheckText(Post(server.url()), 500, text);
  WaitForReadiness(server.url(), 503, text);
  CHECK(server.WaitForErrorOutput(
      "msg=\"the container runtime failed\" call=\"list\" "
      "code=\"cannot_connect\" error=\"" +
      text + "\""));
  {
    const ScriptedRuntime runtime(sockets.dir / "cri.sock",
                                  GoodRuntime(PodNode()));
    CheckIsPod(Post(server.url()));
    CHECK(server.WaitForErrorOutput(
        "msg=\"the container runtime works again\" call=\"list\""));
  }
  CheckText(Post(server.url()), 500, text);
  CheckStops(server);
}

TEST_CASE("A filter that the CRI has not is a 400") {
  const Sockets sockets;
  const ScriptedRuntime runtime(sockets.dir / "cri.sock",
                                GoodRuntime(PodNode()));
  ServerProcess server(sockets.docker, Arguments("cri", sockets));
  CheckText(Post(server.url(), "?filters=%7B%22volume%22%3A%5B%22x%22%5D%7D"),
            400,
            "Invalid filter 'volume'. The list of a container runtime takes "
            "these: ancestor, before, exited, id, label, name, network, since, "
            "status.");
  CheckStops(server);
}

TEST_CASE("With --runtime=auto, the runtime of the pods is asked") {
  const Sockets sockets;
  ServerProcess server(sockets.docker, Arguments("auto", sockets));
  const std::string none =
      "Cannot find a container runtime. These sockets do not exist: " +
      sockets.cri + ", " + sockets.docker +
      ". Is a container runtime running? If it listens elsewhere, name its "
      "endpoint.";
  CheckText(Post(server.url()), 500, none);
  WaitForReadiness(server.url(), 503, none);
  CHECK(Get(server.url(), "/metrics")
            .body.find("\ncontainercollector_runtime{") == std::string::npos);

  const ScriptedDaemon daemon(UnixSocket{sockets.dir / "docker.sock"},
                              GoodDaemon());
  CheckCollected(Post(server.url()));
  WaitForReadiness(server.url(), 200,
                   "The Docker daemon at " + sockets.docker + " responds.");
  CHECK(HasMetric(server, RuntimeMetric("docker", sockets.docker, 1)));
  CHECK(HasMetric(server, "containercollector_runtime_changes_total 0"));
  {
    const ScriptedRuntime runtime(sockets.dir / "cri.sock",
                                  GoodRuntime(PodNode()));
    const std::size_t requests = daemon.Requests().size();
    CheckIsPod(Post(server.url()));
    WaitForReadiness(server.url(), 200,
                     "The container runtime at " + sockets.cri +
                         " responds. It was chosen because it lists Kubernetes "
                         "containers.");
    CHECK(HasMetric(server, RuntimeMetric("cri", sockets.cri, 1)));
    CHECK(HasMetric(server, RuntimeMetric("docker", sockets.docker, 0)));
    CHECK(HasMetric(server, "containercollector_runtime_changes_total 1"));
    CHECK(daemon.Requests().size() == requests);
  }
  CheckCollected(Post(server.url()));
  CheckCollected(Post(server.url()));
  CheckStops(server);

  const std::string log = server.ErrorOutput();
  const std::string chosen =
      "level=info msg=\"the container runtime was "
      "chosen\" runtime=";
  CHECK(Count(log, chosen) == 3);
  CHECK(Count(log, chosen + "\"docker\" endpoint=\"" + sockets.docker +
                       "\" reason=\"\"") == 2);
  CHECK(Count(log, chosen + "\"cri\" endpoint=\"" + sockets.cri +
                       "\" reason=\"it lists Kubernetes containers\"") == 1);
}

TEST_CASE("A runtime that hangs is a 500, not the list of an empty one") {
  const Sockets sockets;
  DaemonOptions hangs;
  hangs.behaviour = Behaviour::kNeverReads;
  const ScriptedRuntime runtime(sockets.dir / "cri.sock",
                                GoodRuntime(PodNode()), hangs);
  const ScriptedDaemon daemon(UnixSocket{sockets.dir / "docker.sock"},
                              GoodDaemon("[]"));
  Command arguments = Arguments("auto", sockets);
  arguments.emplace_back("--timeout=1s");
  ServerProcess server(sockets.docker, arguments);
  const HttpResponse response = Post(server.url());
  CHECK(response.status == 500);
  CHECK(response.body.rfind("The container runtime at " + sockets.cri, 0) == 0);
  const HttpResponse ready = Get(server.url(), "/readyz");
  CHECK(ready.status == 503);
  CHECK(ready.body.rfind("The container runtime at " + sockets.cri, 0) == 0);
  CheckStops(server);
}
