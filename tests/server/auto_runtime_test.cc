// SPDX-License-Identifier: Apache-2.0

/// Servers that query the CRI, or whichever runtime runs the pods.
#include <string>

#include "tests/server/node.h"
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

/// A server with endpoints for both kinds of runtimes, on which nothing listens
/// at first.
class TwoRuntimes : private TempDir, public Node {
 public:
  explicit TwoRuntimes(const std::string& runtime)
      : Node({"--runtime=" + runtime, "--cri-endpoint=" + cri(),
              "--timeout=2s"}) {}

  std::string cri_path() const { return *this / "cri.sock"; }
  std::string cri() const { return "unix://" + cri_path(); }

  std::string CannotConnectToCri() const {
    return "Cannot connect to the container runtime at " + cri() +
           ". Is containerd running?";
  }

  void CheckIsPod() const {
    const HttpResponse response = Post(url());
    CHECK(response.status == 200);
    CHECK(CountOf(response.body, "/k8s_POD_pod_default_uid_0") == 1);
  }

  /// @param value Of the metric that says which runtime is queried.
  void CheckRuntimeMetric(const std::string& runtime,
                          const std::string& endpoint, int value) const {
    CHECK(MetricValue(Get(url(), "/metrics").body,
                      "containercollector_runtime{endpoint=\"" + endpoint +
                          "\",runtime=\"" + runtime + "\"}") == value);
  }
};

}  // namespace

TEST_CASE("With --runtime=cri, the containers of the CRI alone are served") {
  TwoRuntimes node("cri");
  const std::string& url = node.url();
  // A Docker daemon is not queried, even if there is one.
  node.Start(GoodDaemon());
  CheckText(Post(url), 500, node.CannotConnectToCri());
  WaitForReadiness(url, 503, node.CannotConnectToCri());
  CHECK(node.server().WaitForErrorOutput(
      "msg=\"the container runtime failed\" call=\"list\" "
      "code=\"cannot_connect\" error=\"" +
      node.CannotConnectToCri() + "\""));
  {
    const ScriptedRuntime runtime(node.cri_path(), GoodRuntime(PodNode()));
    node.CheckIsPod();
    CHECK(node.server().WaitForErrorOutput(
        "msg=\"the container runtime works again\" call=\"list\""));
    WaitForReadiness(url, 200,
                     "The container runtime at " + node.cri() + " responds.");
    node.CheckRuntimeMetric("cri", node.cri(), 1);
    CHECK(runtime.Errors().empty());
    CheckText(Post(url, "?filters=%7B%22volume%22%3A%5B%22x%22%5D%7D"), 400,
              "Invalid filter 'volume'. The list of a container runtime takes "
              "these: ancestor, before, exited, id, label, name, network, "
              "since, status.");
  }
  CheckText(Post(url), 500, node.CannotConnectToCri());
  CHECK(node.daemon().Requests().empty());
}

TEST_CASE("A header of both routes counts the containers without details") {
  TwoRuntimes node("cri");
  CriNode pod = PodNode();
  CriContainer& container = pod.containers.emplace_back();
  container.id = "c0";
  container.sandbox_id = pod.sandboxes[0].id;
  ScriptedRuntime runtime(node.cri_path(), GoodRuntime(pod));
  const auto check_header = [&](const std::string& value) {
    for (const char* path : {"containercollector", "containerCollector"}) {
      const HttpResponse response =
          Send(node.url(), "POST", std::string("/processor/") + path);
      CHECK(response.status == 200);
      CHECK(response.Header("container-collector-incomplete") == value);
    }
  };
  check_header("");
  // Another one, whose status is not known yet.
  container.id = "c1";
  runtime.SetScript(With(GoodRuntime(pod), "ContainerStatus",
                         GrpcError(GrpcCode::kUnknown, "the shim is dead")));
  check_header("1");
}

TEST_CASE("With --runtime=auto, the runtime of the pods is queried") {
  TwoRuntimes node("auto");
  const std::string& url = node.url();
  const std::string none =
      "Cannot find a container runtime. These sockets do not exist: " +
      node.cri() + ", " + node.host() +
      ". Is a container runtime running? If it listens elsewhere, name its "
      "endpoint.";
  CheckText(Post(url), 500, none);
  WaitForReadiness(url, 503, none);
  CHECK(CountOf(Get(url, "/metrics").body, "containercollector_runtime{") == 0);

  node.Start(GoodDaemon());
  CheckCollected(Post(url));
  WaitForReadiness(url, 200,
                   "The Docker daemon at " + node.host() + " responds.");
  node.CheckRuntimeMetric("docker", node.host(), 1);
  WaitForMetric(url, "containercollector_runtime_changes_total 0");
  {
    const ScriptedRuntime runtime(node.cri_path(), GoodRuntime(PodNode()));
    const std::size_t requests = node.daemon().Requests().size();
    node.CheckIsPod();
    WaitForReadiness(url, 200,
                     "The container runtime at " + node.cri() +
                         " responds. It was chosen because it lists Kubernetes "
                         "containers.");
    node.CheckRuntimeMetric("cri", node.cri(), 1);
    node.CheckRuntimeMetric("docker", node.host(), 0);
    WaitForMetric(url, "containercollector_runtime_changes_total 1");
    CHECK(node.daemon().Requests().size() == requests);
  }
  CheckCollected(Post(url));
  CheckCollected(Post(url));

  const std::string log = node.Log();
  const std::string chosen =
      "level=info msg=\"the container runtime was chosen\" runtime=";
  CHECK(CountOf(log, chosen) == 3);
  CHECK(CountOf(log, chosen + "\"docker\" endpoint=\"" + node.host() +
                         "\" reason=\"\"") == 2);
  CHECK(CountOf(log, chosen + "\"cri\" endpoint=\"" + node.cri() +
                         "\" reason=\"it lists Kubernetes containers\"") == 1);
}
