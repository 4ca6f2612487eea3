// SPDX-License-Identifier: Apache-2.0

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "tests/integration/cri_node.h"

using namespace containercollector;
using namespace containercollector::test;

namespace {

std::string AnyStatusMethod() {
  return GENERATE("ContainerStatus", "PodSandboxStatus");
}

/// `script`, but with `response` to calls of `method` that are verbose.
RuntimeScript WithVerbose(RuntimeScript script, std::string method,
                          RuntimeResponse response) {
  return [=](const RuntimeCall& call) {
    return call.method == method && IsVerbose(call.message) ? response
                                                            : script(call);
  };
}

/// OnePod() with so many containers.
CriNode PodOf(std::size_t containers) {
  CriNode node = OnePod();
  node.containers.resize(containers, node.containers.front());
  for (std::size_t i = 0; i < containers; ++i)
    node.containers[i].id = "container-" + std::to_string(i);
  return node;
}

}  // namespace

TEST_CASE("The runtime's own error for a list comes with its gRPC status") {
  CriTestNode node;
  const std::string method = GENERATE("ListContainers", "ListPodSandbox");
  const auto error = GENERATE(GrpcError, GrpcErrorInTrailers);
  INFO(method);
  node.Start(With(GoodRuntime(OnePod()), method,
                  error(GrpcCode::kInternal, "the disk is full: 100%25")));
  CheckCriFailed(node.Post(), ErrorCode::kDaemonError,
                 "Error response from container runtime: the disk is full: "
                 "100% (INTERNAL)");
  CheckRecovers(node);
}

TEST_CASE("A status that fails in any way costs only the details") {
  constexpr int kNotFound = 5;
  CriTestNode node;
  const std::string method = AnyStatusMethod();
  for (int code = 1; code <= 17; ++code) {
    if (code == kNotFound) continue;
    CAPTURE(method, code);
    node.Start(With(
        GoodRuntime(OnePod()), method,
        GrpcErrorInTrailers(static_cast<GrpcCode>(code), "the shim died")));
    const Response response = node.Post();
    CHECK(response.container_count == 2);
    CHECK(response.incomplete_count == 1);
    CHECK(response.headers ==
          decltype(response.headers){{"Container-Collector-Incomplete", "1"}});
    const Container container = Find(response, "c0ffee00c0ffee00");
    const Container sandbox = Find(response, "5a0db0c5");
    const bool is_container = method == "ContainerStatus";
    CHECK((is_container ? container : sandbox).status == "Up");
    CHECK((is_container ? sandbox : container).status != "Up");
    CHECK(container.names == StringList{"/k8s_web_pod_default_uid_0"});
    CHECK(container.image == "busybox:1");
    REQUIRE(node.incomplete().size() == 1);
    CHECK(node.incomplete()[0].code() == ErrorCode::kDaemonError);
    CHECK(node.IncompleteTexts().find(
              "Error response from container runtime: the shim died (") == 0);
  }
  CheckRecovers(node);
}

TEST_CASE("A status of each other kind of failure keeps the entry as listed") {
  CriTestNode node;
  CriNode pod = OnePod();
  pod.containers[0].state = CriState::kExited;
  node.Start(Changing(
      GoodRuntime(pod), "ContainerStatus",
      [](RuntimeResponse& response) { response.body = GrpcFrame(""); }));
  const Response response = node.Post();
  CHECK(Find(response, "c0ffee00c0ffee00").status == "Exited");
  CHECK(node.IncompleteTexts() ==
        "The answer of the container runtime at " + node.endpoint() +
            " to runtime.v1.RuntimeService/ContainerStatus of c0ffee00c0ff is "
            "malformed: status: it is missing. Check that it is a container "
            "runtime that listens there.\n");
}

TEST_CASE("A runtime that is still starting says so") {
  CriTestNode node;
  node.Start(
      With(GoodRuntime(OnePod()), "ListContainers",
           GrpcError(GrpcCode::kUnknown, "server is not initialized yet")));
  CheckCriFailed(node.Post(), ErrorCode::kDaemonError,
                 "Error response from container runtime: server is not "
                 "initialized yet (UNKNOWN). It is starting: try again in a "
                 "moment, then look at its log.");
  CheckRecovers(node);
}

TEST_CASE("A runtime without the CRI says how to enable it") {
  CriTestNode node;
  node.Start(RuntimeWithoutCri());
  CheckCriFailed(
      node.Post(), ErrorCode::kDaemonError,
      "The container runtime at " + node.endpoint() +
          " offers neither runtime.v1 nor runtime.v1alpha2 of the CRI: unknown "
          "service runtime.v1.RuntimeService (UNIMPLEMENTED). If it is "
          "containerd, its CRI plugin is disabled or failed to load: remove "
          "\"cri\" from disabled_plugins in /etc/containerd/config.toml, look "
          "for \"failed to load plugin\" in containerd's log (journalctl -u "
          "containerd), and restart it.");
  CheckRecovers(node);
}

TEST_CASE("An old runtime with v1alpha2 alone lists the same") {
  CriTestNode node;
  node.Start(GoodRuntime(OnePod()));
  const std::string expected = node.Post().body;
  node.Start(GoodRuntime(OnePod(), kOldCriService));
  CHECK(node.Post().body == expected);
  // It remembers the version, until the runtime is replaced.
  CHECK(node.CallsOfPost() == kOnlyLists);
  CheckRecovers(node);
}

TEST_CASE("What disappears before its status is left out and not reported") {
  CriTestNode node;
  const std::string method = AnyStatusMethod();
  struct Case {
    GrpcCode code;
    const char* text;
  };
  for (const Case& gone :
       {Case{GrpcCode::kNotFound, "anything"},
        Case{GrpcCode::kUnknown, "No such container: c0ffee00"},
        Case{GrpcCode::kUnknown, "container with ID c0 not found: x"},
        Case{GrpcCode::kUnknown, "specified container does not exist"}}) {
    CAPTURE(method, gone.text);
    node.Start(
        With(GoodRuntime(OnePod()), method, GrpcError(gone.code, gone.text)));
    const Response response = node.Post();
    CHECK(response.status == 200);
    CHECK(response.container_count == 1);
    CHECK(response.incomplete_count == 0);
    CHECK(response.headers.empty());
    const bool has_container =
        response.body.find("/k8s_web_") != std::string::npos;
    CHECK(has_container == (method == "PodSandboxStatus"));
  }
  CheckRecovers(node);
}

TEST_CASE("Entries that are listed, and said not to exist, are kept") {
  CriTestNode node;
  // Few and many; of a small node, all.
  const std::size_t containers = GENERATE(1, 3, 100);
  const bool all = containers < 5;
  node.Start(
      [all, script = GoodRuntime(PodOf(containers))](const RuntimeCall& call) {
        return call.method == "ContainerStatus" ||
                       (all && call.method == "PodSandboxStatus")
                   ? GrpcError(GrpcCode::kNotFound, "not found")
                   : script(call);
      });
  const Response response = node.Post();
  CHECK(response.status == 200);
  CHECK(response.container_count == containers + 1);
  CHECK(response.incomplete_count == containers + (all ? 1 : 0));
  CHECK(node.IncompleteTexts().find(
            "The container runtime at " + node.endpoint() +
            " lists container-0 and says that it does not exist. Look at its "
            "log, or restart it.\n") != std::string::npos);
  CHECK(node.runtime().CallsOf("ListContainers") == 2);
}

TEST_CASE("Many that disappeared together are left out and not reported") {
  CriTestNode node;
  node.Start(GoodRuntime(OnePod()));
  // Gone from the second list on.
  auto lists = std::make_shared<std::atomic<int>>(0);
  node.runtime().SetScript(
      [lists, many = GoodRuntime(PodOf(100)),
       one = GoodRuntime(OnePod())](const RuntimeCall& call) {
        if (call.method == "ListContainers" && ++*lists == 1) return many(call);
        return one(call);
      });
  const Response response = node.Post();
  CHECK(response.container_count == 1);
  CHECK(response.incomplete_count == 0);
}

TEST_CASE("A limit is filled up when the newest has disappeared") {
  CriTestNode node;
  CriNode pods = PodOf(3);
  for (std::size_t i = 0; i < 3; ++i)
    pods.containers[i].created_at += 100 - static_cast<std::int64_t>(i);
  node.Start([script = GoodRuntime(pods)](const RuntimeCall& call) {
    return FirstString(call.message) == "container-0"
               ? GrpcError(GrpcCode::kNotFound, "not found")
               : script(call);
  });
  const Response response = node.Post("limit=1");
  CHECK(response.container_count == 1);
  CHECK(Find(response, "container-1").status.find("Up ") == 0);
  CHECK(node.runtime().CallsOf("PodSandboxStatus") == 0);
}

TEST_CASE("If a verbose status fails, the plain one is taken") {
  CriTestNode node;
  const std::string method = AnyStatusMethod();
  RuntimeResponse cut_off;
  cut_off.end = RuntimeResponse::End::kReset;
  const RuntimeResponse failure = GENERATE_COPY(
      GrpcError(GrpcCode::kNotFound, "not found"),
      GrpcError(GrpcCode::kInternal, "no spec"), cut_off, GrpcOk("\xFF"));
  node.Start(WithVerbose(GoodRuntime(OnePod()), method, failure));
  CheckOnePod(node.Post());
  CHECK(node.runtime().CallsOf(method) == 2);
  CHECK(node.CallsOfPost() == kOnlyLists);
}

TEST_CASE("The command and the pause image come from verbose statuses") {
  CriTestNode node;
  CriNode pod = OnePod();
  const std::string process =
      R"("runtimeSpec":{"process":{"args":["/bin/sh","-c","sleep 9"],)"
      R"("env":["TOKEN=hidden"]},"mounts":[{"source":"hidden"}]}})";
  pod.containers[0].info = R"({"config":{"envs":["hidden"]},)" + process;
  pod.sandboxes[0].info = R"({"image":"registry.k8s.io/pause:3.9",)" + process;
  node.Start(GoodRuntime(pod));
  const Response response = node.Post();
  CHECK(Find(response, "c0ffee00c0ffee00").command == "/bin/sh -c 'sleep 9'");
  CHECK(Find(response, "c0ffee00c0ffee00").image == "busybox:1");
  CHECK(Find(response, "5a0db0c5").command == "/bin/sh -c 'sleep 9'");
  CHECK(Find(response, "5a0db0c5").image == "registry.k8s.io/pause:3.9");
  CHECK(response.body.find("hidden") == std::string::npos);

  // Malformed, it is no reason to repeat the call, and never shown.
  pod.containers[0].info.back() = '"';
  pod.sandboxes[0].info.insert(0, "hidden");
  node.Start(GoodRuntime(pod));
  const Response without = node.Post();
  CHECK(without.incomplete_count == 0);
  CHECK(without.body.find("hidden") == std::string::npos);
  CHECK(Find(without, "c0ffee00c0ffee00").command.empty());
  CHECK(Find(without, "5a0db0c5").image.empty());
  CHECK(node.runtime().CallsOf("ContainerStatus") == 1);
}
