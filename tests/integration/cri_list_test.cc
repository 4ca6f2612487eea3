// SPDX-License-Identifier: Apache-2.0

/// What a list asks for, and what it makes of it.
#include <cstddef>
#include <optional>
#include <string>

#include "tests/integration/cri_node.h"

using namespace containercollector;
using namespace containercollector::test;

namespace {

constexpr std::int64_t kCreated = 1'795'700'000'000'000'000;
const std::string kApp(64, '1');
const std::string kDb(64, '2');
const std::string kDbSandbox(64, 'b');

/// Two pods with a container each, of which one has exited.
CriNode TwoPods() {
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
  add("app", kApp, std::string(64, 'a'));
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
  CHECK(response.container_count == 4);
  CHECK(response.incomplete_count == 1);
  CHECK(Find(response, kDbSandbox).status == "Up");
  CHECK(node.IncompleteTexts() ==
        "Error response from container runtime: failed to query controller "
        "status: ttrpc: closed (UNAVAILABLE)\n");
}

TEST_CASE("An end at Go's zero time is unknown") {
  CriTestNode node;
  CriNode pods = TwoPods();
  pods.containers[1].finished_at = -6'795'364'578'871'345'152;
  pods.containers[1].exit_code = -1;
  node.Start(GoodRuntime(pods));
  CHECK(Find(node.Post(), kDb).status == "Exited (-1)");
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
       {std::string("quay.io/web:1.25"), id, "sha256:" + id, id.substr(0, 12),
        reference}) {
    CAPTURE(ancestor);
    const Response response = node.Post(Filter("ancestor", ancestor));
    CHECK(response.container_count == 1);
    CHECK(response.body.find(kApp) != std::string::npos);
  }
}

TEST_CASE("Sandboxes outside the node's network have the network none") {
  CriTestNode node;
  CriNode pods = TwoPods();
  pods.sandboxes[1].network = CriNetwork::kNode;
  node.Start(GoodRuntime(pods));
  const Response response = node.Post(Filter("network", "none"));
  CHECK(response.container_count == 1);
  const Container sandbox = Find(response, std::string(64, 'a'));
  CHECK(sandbox.network_settings->networks->at("none")->ip_address ==
        "10.1.0.5");
}

TEST_CASE("Before and since an unknown container is the caller's error") {
  CriTestNode node;
  node.Start(GoodRuntime(TwoPods()));
  for (const char* name : {"before", "since"})
    CheckCriFailed(node.Post(Filter(name, "nosuch")),
                   ErrorCode::kRequestRejected, "No such container: nosuch");
}

TEST_CASE("Filters are sent along where the runtime can apply them") {
  CriTestNode node;
  node.Start(GoodRuntime(TwoPods()));
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
  const Response response = node.Post("size=1");
  CHECK(Find(response, kApp).size_rw == 4096);
  CHECK(response.incomplete_count == 0);
}

TEST_CASE("A statistics entry without an ID is skipped") {
  CriTestNode node;
  std::vector<CriContainer> stats = TwoPods().containers;
  stats[0].id.clear();
  node.Start(With(GoodRuntime(TwoPods()), "ListContainerStats",
                  GrpcOk(ListContainerStatsResponse(stats))));
  const Response response = node.Post("size=1");
  CHECK(Find(response, kApp).size_rw == 0);
  CHECK(Find(response, kDb).size_rw == 4096);
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

TEST_CASE("A filter that the CRI has not is the caller's error") {
  CriTestNode node;
  node.Start(GoodRuntime(OnePod()));
  CheckCriFailed(node.Post(Filter("volume", "x")), ErrorCode::kRequestRejected,
                 "Invalid filter 'volume'. The list of a container runtime "
                 "takes these: ancestor, before, exited, id, label, name, "
                 "network, since, status.");
  CheckOnePod(node.Post());
}

TEST_CASE("Thousands of containers are listed, each with its status") {
  constexpr std::size_t kContainers = 3000;
  CriTestNode node;
  CriNode large = OnePod();
  large.containers.resize(kContainers, large.containers.front());
  for (std::size_t i = 0; i < kContainers; ++i) {
    CriContainer& container = large.containers[i];
    container.id = "container-" + std::to_string(i);
    container.attempt = static_cast<std::uint32_t>(i);
    container.mounts = {{"/data", "/host", false}};
  }
  node.Start(GoodRuntime(large));
  const Response response = node.Post();
  CHECK(response.status == 200);
  CHECK(response.container_count == kContainers + 1);
  CHECK(node.runtime().CallsOf("ContainerStatus") == kContainers);
  std::size_t mounts = 0;
  const std::string mount = R"("Destination":"/data")";
  for (std::size_t at = response.body.find(mount); at != std::string::npos;
       at = response.body.find(mount, at + 1)) {
    ++mounts;
  }
  CHECK(mounts == kContainers);
  CHECK(node.runtime().Errors().empty());
}
