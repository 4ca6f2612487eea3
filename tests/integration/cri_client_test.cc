// SPDX-License-Identifier: Apache-2.0
#include "containercollector/cri_client.h"

#include <cstddef>
#include <string>
#include <vector>

#include "tests/integration/cri_node.h"

using namespace containercollector;
using namespace containercollector::test;

namespace {

/// Two containers, of which one has exited, in a pod on the node's network, and
/// another pod.
CriNode TwoPods() {
  CriNode node = OnePod(2);
  for (CriContainer& container : node.containers)
    container.writable_layer_bytes = 4096;
  node.containers[1].state = CriState::kExited;
  node.sandboxes.push_back(node.sandboxes[0]);
  node.sandboxes[0].network = CriNetwork::kNode;
  node.sandboxes[1].id = "other";
  return node;
}

std::string Filter(const std::string& name, const std::string& value) {
  return "filters={\"" + name + "\":[\"" + value + "\"]}";
}

/// Returns the message of the last call, without the field of its filter.
std::string LastRequest(CriTestNode& node, const std::string& method) {
  std::string message;
  for (const RuntimeCall& call : node.runtime().Calls())
    if (call.method == method) message = call.message;
  return FirstString(message);
}

}  // namespace

TEST_CASE("Filters are applied, and those that the runtime knows are sent") {
  const std::string id(64, 'd');
  CriTestNode node;
  CriNode pods = TwoPods();
  pods.containers[1].id = id;
  node.Start(GoodRuntime(pods));
  CHECK(node.Post("all=0").container_count == 3);
  CHECK(LastRequest(node, "ListContainers") == Tagged(2, Tagged(1, 1)));
  CHECK(LastRequest(node, "ListPodSandbox") == Tagged(2, Tagged(1, 0)));
  CHECK(node.Post(Filter("id", id)).container_count == 1);
  CHECK(LastRequest(node, "ListContainers") == Tagged(1, id));
  // The sandbox gives its containers their names.
  CHECK(LastRequest(node, "ListPodSandbox").empty());
  CHECK(node.Post(Filter("label", "app=x")).container_count == 0);
  CHECK(LastRequest(node, "ListContainers") ==
        Tagged(4, Tagged(1, "app") + Tagged(2, "x")));
  CHECK(node.Post("all=0&" + Filter("since", id)).status == 200);
  CHECK(LastRequest(node, "ListContainers").empty());
  CHECK(LastRequest(node, "ListPodSandbox").empty());
  const Response response = node.Post(Filter("network", "none"));
  CHECK(response.container_count == 1);
  Find(response, "other");
}

TEST_CASE("A filter that needs statuses looks beyond the limit") {
  CriTestNode node;
  CriNode pod = OnePod(3);
  pod.containers[2].image = "other:1";
  node.Start(GoodRuntime(pod));
  const Response response =
      node.Post("limit=1&" + Filter("ancestor", "other:1"));
  CHECK(response.container_count == 1);
  Find(response, "container-2");
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

TEST_CASE("With size=1, the writable layer of each container is shown") {
  CriTestNode node;
  node.Start(GoodRuntime(TwoPods()));
  CHECK(node.Post().body.find("SizeRw") == std::string::npos);
  CHECK(Find(node.Post("size=1"), "container-0").size_rw == 4096);
  // An entry without an ID is skipped.
  std::vector<CriContainer> stats = TwoPods().containers;
  stats[0].id.clear();
  node.Start(With(GoodRuntime(TwoPods()), "ListContainerStats",
                  GrpcOk(ListContainerStatsResponse(stats))));
  const Response response = node.Post("size=1");
  CHECK(Find(response, "container-0").size_rw == 0);
  CHECK(Find(response, "container-1").size_rw == 4096);
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
  CHECK(Find(response, "container-0").status.find("Up ") == 0);
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
