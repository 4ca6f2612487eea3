// SPDX-License-Identifier: Apache-2.0
#include "containercollector/cri_client.h"

#include <cstddef>
#include <string>
#include <vector>

#include "tests/integration/cri_node.h"

using namespace containercollector;
using namespace containercollector::test;

namespace {

const std::string kApp(64, '1');
const std::string kDb(64, '2');
const std::string kAppSandbox(64, 'a');
const std::string kDbSandbox(64, 'b');

/// Two pods with a container each, of which one has exited.
CriNode TwoPods() {
  constexpr std::int64_t kCreated = 1'795'700'000'000'000'000;
  CriNode node;
  const auto add = [&](const std::string& name, const std::string& id,
                       const std::string& sandbox_id) {
    CriSandbox& sandbox = node.sandboxes.emplace_back();
    sandbox.id = sandbox_id;
    sandbox.name = name + "-0";
    sandbox.pod_namespace = "shop";
    sandbox.uid = "u-" + name;
    sandbox.created_at = kCreated;
    sandbox.ip = "10.1.0.5";
    CriContainer& container = node.containers.emplace_back();
    container.id = id;
    container.sandbox_id = sandbox_id;
    container.name = name;
    container.image = "sha256:" + std::string(64, 'c');
    container.image_ref = container.image;
    container.status_image = "docker.io/library/" + name + ":16";
    container.created_at = kCreated;
    container.started_at = kCreated;
    container.writable_layer_bytes = 4096;
  };
  add("app", kApp, kAppSandbox);
  add("db", kDb, kDbSandbox);
  node.containers[1].state = CriState::kExited;
  node.containers[1].finished_at = kCreated + 1'000'000'000;
  node.containers[1].exit_code = 137;
  return node;
}

std::string Filter(const std::string& name, const std::string& value) {
  return "filters={\"" + name + "\":[\"" + value + "\"]}";
}

CriListRequest LastRequest(CriTestNode& node, const std::string& method) {
  std::string message;
  for (const RuntimeCall& call : node.runtime().Calls())
    if (call.method == method) message = call.message;
  return ParseListRequest(message);
}

}  // namespace

TEST_CASE("A pod whose shim is dead is listed with the others") {
  CriTestNode node;
  node.Start([script = GoodRuntime(TwoPods())](const RuntimeCall& call) {
    return call.method == "PodSandboxStatus" &&
                   FirstString(call.message) == kDbSandbox
               ? GrpcError(GrpcCode::kUnavailable,
                           "failed to query controller status: ttrpc: closed")
               : script(call);
  });
  const Response response = node.Post();
  CheckIncomplete(node, response, 4, ErrorCode::kDaemonError,
                  "failed to query controller status: ttrpc: closed "
                  "(UNAVAILABLE)");
  CHECK(node.incomplete().size() == 1);
  CHECK(Find(response, kDbSandbox).status == "Up");
}

TEST_CASE("An image that CRI-O lists by its bare ID has its name and its ID") {
  const std::string id(64, 'd');
  const std::string reference = "quay.io/web@sha256:" + std::string(64, '9');
  CriTestNode node;
  CriNode pods = TwoPods();
  CriContainer& app = pods.containers[0];
  app.image = id;
  app.image_id = id;
  app.image_ref = reference;
  app.status_image = "quay.io/web:1.25";
  node.Start(GoodRuntime(pods));
  const Container shown = Find(node.Post(), kApp);
  CHECK(shown.image == "quay.io/web:1.25");
  CHECK(shown.image_id == "sha256:" + id);
  for (const std::string& ancestor :
       {std::string("quay.io/web:1.25"), "sha256:" + id, reference}) {
    CAPTURE(ancestor);
    const Response response = node.Post(Filter("ancestor", ancestor));
    CHECK(response.container_count == 1);
    Find(response, kApp);
  }
}

TEST_CASE("Filters are applied, and sent along where the runtime can apply") {
  CriTestNode node;
  CriNode pods = TwoPods();
  pods.sandboxes[1].network = CriNetwork::kNode;
  node.Start(GoodRuntime(pods));
  CHECK(node.Post("all=0").container_count == 3);
  CHECK(LastRequest(node, "ListContainers").state == 1);
  CHECK(LastRequest(node, "ListPodSandbox").state == 0);
  CHECK(node.Post(Filter("id", kDb)).container_count == 1);
  CHECK(LastRequest(node, "ListContainers").id == kDb);
  // The sandbox gives its containers their names.
  CHECK(LastRequest(node, "ListPodSandbox").id.empty());
  CHECK(node.Post(Filter("label", "app=x")).container_count == 0);
  CHECK(LastRequest(node, "ListContainers").labels == CriMap{{"app", "x"}});
  CHECK(node.Post("all=0&" + Filter("since", kApp)).status == 200);
  const CriListRequest none = LastRequest(node, "ListContainers");
  CHECK((none.id.empty() && !none.state && none.labels.empty()));
  CHECK_FALSE(LastRequest(node, "ListPodSandbox").state);
  const Response response = node.Post(Filter("network", "none"));
  CHECK(response.container_count == 1);
  Find(response, kAppSandbox);
}

TEST_CASE("A filter that the runtime rejects is the caller's error") {
  CriTestNode node;
  node.Start(GoodRuntime(OnePod()));
  CheckFailed(node.Post(Filter("before", "nosuch")),
              ErrorCode::kRequestRejected, "No such container: nosuch");
  CheckFailed(node.Post(Filter("volume", "x")), ErrorCode::kRequestRejected,
              "Invalid filter 'volume'.");
  CheckOnePod(node.Post());
}

TEST_CASE("The last of two containers with the same ID is listed") {
  CriTestNode node;
  CriNode pods = TwoPods();
  pods.containers.push_back(pods.containers[0]);
  pods.containers.back().name = "last";
  node.Start(GoodRuntime(pods));
  const Response response = node.Post();
  CHECK(response.container_count == 4);
  CHECK(Find(response, kApp).names ==
        StringList{"/k8s_last_app-0_shop_u-app_0"});
}

TEST_CASE("With size=1, the writable layer of each container is shown") {
  CriTestNode node;
  node.Start(GoodRuntime(TwoPods()));
  CHECK(node.Post().body.find("SizeRw") == std::string::npos);
  CHECK(Find(node.Post("size=1"), kApp).size_rw == 4096);
  // An entry without an ID is skipped.
  std::vector<CriContainer> stats = TwoPods().containers;
  stats[0].id.clear();
  node.Start(With(GoodRuntime(TwoPods()), "ListContainerStats",
                  GrpcOk(ListContainerStatsResponse(stats))));
  const Response response = node.Post("size=1");
  CHECK(Find(response, kApp).size_rw == 0);
  CHECK(Find(response, kDb).size_rw == 4096);
  CHECK(response.incomplete_count == 0);
}

TEST_CASE("Without statistics, containers are listed without sizes") {
  CriTestNode node;
  const RuntimeResponse failure =
      GENERATE_COPY(GrpcError(GrpcCode::kNotFound, "no metrics"),
                    GrpcOk("garbage"), RuntimeResponse());
  node.Start(With(GoodRuntime(TwoPods()), "ListContainerStats", failure));
  const Response response = node.Post("size=1");
  CHECK(response.status == 200);
  CHECK(response.container_count == 4);
  CHECK(response.incomplete_count == 2);
  CHECK(response.body.find("SizeRw") == std::string::npos);
  CHECK(Find(response, kApp).status.find("Up ") == 0);
}

TEST_CASE("Thousands of containers are listed, each with its status") {
  constexpr std::size_t kContainers = 3000;
  CriTestNode node;
  CriNode large = OnePod(kContainers);
  for (CriContainer& container : large.containers)
    container.mounts = {{"/data", "/host", false}};
  node.Start(GoodRuntime(large));
  const auto containers = DecodeContainers(node.Post().body);
  REQUIRE(containers);
  CHECK(containers->size() == kContainers + 1);
  std::size_t mounts = 0;
  for (const Container& container : *containers)
    mounts += container.mounts->size();
  CHECK(mounts == kContainers);
  CHECK(node.runtime().CallsOf("ContainerStatus") == kContainers);
  CHECK(node.runtime().Errors().empty());
}

TEST_CASE("A ping returns the version of the CRI") {
  CriTestNode node;
  node.Start(GoodRuntime(OnePod()));
  RuntimeOptions options = PatientOptions();
  options.cri_endpoint = node.endpoint();
  CHECK(CriClient(options).Ping().api_version == "v1");
}
