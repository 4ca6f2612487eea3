// SPDX-License-Identifier: Apache-2.0

/// Statuses that hang.
#include <chrono>
#include <cstddef>
#include <string>
#include <thread>

#include "tests/integration/cri_node.h"

using namespace containercollector;
using namespace containercollector::test;
using namespace std::chrono_literals;

namespace {

/// Long enough for all but what hangs.
RuntimeOptions TenSeconds() {
  RuntimeOptions options;
  options.timeout = 10s;
  return options;
}

/// OnePod() with so many containers, the first ones newest.
CriNode PodOf(std::size_t containers) {
  CriNode node = OnePod();
  node.containers.resize(containers, node.containers.front());
  for (std::size_t i = 0; i < containers; ++i) {
    node.containers[i].id = "container-" + std::to_string(i);
    node.containers[i].created_at += static_cast<std::int64_t>(containers - i);
  }
  return node;
}

/// A runtime that hangs for the statuses of the newest containers.
RuntimeScript Hanging(std::size_t hung, std::size_t containers) {
  return [hung,
          script = GoodRuntime(PodOf(containers))](const RuntimeCall& call) {
    RuntimeResponse response = script(call);
    if (call.method == "ContainerStatus") {
      const std::string id = FirstString(call.message);
      response.when_released = std::stoul(id.substr(id.find('-') + 1)) < hung;
    }
    return response;
  };
}

std::size_t CountOf(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1))
    ++count;
  return count;
}

}  // namespace

TEST_CASE("A status that hangs costs a part of the time and its details") {
  CriTestNode node(TenSeconds());
  const std::string method = GENERATE("ContainerStatus", "PodSandboxStatus");
  node.Start(Changing(
      GoodRuntime(OnePod()), method,
      [](RuntimeResponse& response) { response.when_released = true; }));
  const std::string id =
      method == "ContainerStatus" ? "c0ffee00c0ff" : "5a0db0c5";
  const std::string text =
      "The container runtime at " + node.endpoint() +
      " did not finish its answer to runtime.v1.RuntimeService/" + method +
      " of " + id +
      " within 500ms (0 bytes came). It may hang: look at its log, or allow "
      "more time.";
  CheckIncomplete(node, ErrorCode::kTimeout, text);
  CHECK(node.incomplete().size() == 1);
  CHECK(node.runtime().CallsOf(method) == 2);
  // Later, only the plain call is made, and only for this entry.
  CHECK(node.CallsOfPost() ==
        (method == "ContainerStatus"
             ? "ContainerStatus:1 ListContainers:1 ListPodSandbox:1"
             : "ListContainers:1 ListPodSandbox:1 PodSandboxStatus:1"));
  CHECK(node.IncompleteTexts() == text + "\n");
  node.runtime().Release();
  CheckOnePod(node.Post());
  CHECK(node.CallsOfPost() == kOnlyLists);
}

TEST_CASE("More hung statuses than run at once leave the others complete") {
  constexpr std::size_t kHung = 20;
  constexpr std::size_t kContainers = 60;
  CriTestNode node(TenSeconds());
  node.Start(Hanging(kHung, kContainers));
  for (int collection = 0; collection < 2; ++collection) {
    CAPTURE(collection);
    const Response response = node.Post();
    CHECK(response.container_count == kContainers + 1);
    CHECK(response.incomplete_count == kHung);
    CHECK(CountOf(node.IncompleteTexts(), " within 500ms (0 bytes came)") ==
          kHung);
    CHECK(CountOf(response.body, R"("Status":"Up")") == kHung);
  }
  // As many of them as run at once are asked again.
  CHECK(node.CallsOfPost() ==
        "ContainerStatus:16 ListContainers:1 ListPodSandbox:1");
  node.runtime().Release();
  node.Post();
  CHECK(node.Post().incomplete_count == 0);
}

TEST_CASE("If all statuses hang, the list comes in time as it is") {
  CriTestNode node(TenSeconds());
  node.Start(Hanging(200, 200));
  const Response response = node.Post();
  CHECK(response.status == 200);
  CHECK(response.container_count == 201);
  CHECK(response.incomplete_count >= 200);
  CHECK(CountOf(node.IncompleteTexts(), " did not finish its answer to ") ==
        response.incomplete_count);
}

TEST_CASE("A status that is slow within the limit is waited for") {
  CriTestNode node;
  node.Start(
      Changing(GoodRuntime(OnePod()), "ContainerStatus",
               [](RuntimeResponse& response) { response.delay = 50ms; }));
  CheckOnePod(node.Post());
}

TEST_CASE("A collection that is cancelled starts no other call") {
  constexpr std::size_t kListsAndAtOnce = 2 + 16;
  CriTestNode node;
  node.Start(Hanging(100, 100));
  // Version, whose response comes, leaves its place to another.
  Cancellation cancellation;
  CallOptions call;
  call.cancellation = &cancellation;
  Response response;
  std::thread caller([&] { response = node.Post("", call); });
  CHECK(node.runtime().WaitForCalls(kListsAndAtOnce + 1, kGenerous));
  cancellation.Cancel();
  caller.join();
  REQUIRE(response.error);
  CHECK(ToString(*response.error) == "cancelled");
  CHECK(response.body.find(" was cancelled by its caller.") !=
        std::string::npos);
  node.runtime().Stop();
  CHECK(node.runtime().Calls().size() == kListsAndAtOnce + 1);
}
