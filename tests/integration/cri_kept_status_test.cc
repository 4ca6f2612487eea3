// SPDX-License-Identifier: Apache-2.0

/// Statuses are asked for once, as long as they cannot have changed.
#include <chrono>
#include <string>
#include <thread>

#include "tests/integration/cri_node.h"

using namespace containercollector;
using namespace containercollector::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kFirst =
    "ContainerStatus:1 ListContainers:1 ListPodSandbox:1 PodSandboxStatus:1 "
    "Version:1";
constexpr const char* kContainerAgain =
    "ContainerStatus:1 ListContainers:1 ListPodSandbox:1";
constexpr const char* kSandboxAgain =
    "ListContainers:1 ListPodSandbox:1 PodSandboxStatus:1";

}  // namespace

TEST_CASE("In steady state, a collection makes two calls") {
  CriTestNode node;
  node.Start(GoodRuntime(OnePod()));
  CHECK(node.CallsOfPost() == kFirst);
  const std::string body = node.Post().body;
  for (const char* query : {"", "all=0", "limit=1", "filters={}"})
    CHECK(node.CallsOfPost(query) == kOnlyLists);
  CHECK(node.Post().body == body);
}

TEST_CASE("A container that changes its state is asked again, once") {
  CriTestNode node;
  CriNode pod = OnePod();
  node.Start(GoodRuntime(pod));
  CheckOnePod(node.Post());
  pod.containers[0].state = CriState::kExited;
  pod.containers[0].exit_code = 3;
  node.runtime().SetScript(GoodRuntime(pod));
  CHECK(node.CallsOfPost() == kContainerAgain);
  CHECK_FALSE(IsVerbose(node.runtime().Calls().back().message));
  CHECK(Find(node.Post(), "c0ffee00c0ffee00").status == "Exited (3)");
  CHECK(node.CallsOfPost() == kOnlyLists);
  pod.sandboxes[0].state = CriSandboxState::kNotReady;
  node.runtime().SetScript(GoodRuntime(pod));
  CHECK(node.CallsOfPost() == kSandboxAgain);
  CHECK(node.CallsOfPost() == kOnlyLists);
}

TEST_CASE("A status that is ahead of the list is not kept for the old state") {
  CriTestNode node;
  CriNode ahead = OnePod();
  ahead.containers[0].state = CriState::kExited;
  node.Start([ahead = GoodRuntime(ahead),
              good = GoodRuntime(OnePod())](const RuntimeCall& call) {
    return (call.method == "ContainerStatus" ? ahead : good)(call);
  });
  CHECK(Find(node.Post(), "c0ffee00c0ffee00").state == "exited");
  CHECK(node.Post("all=0").container_count == 1);
  node.runtime().SetScript(GoodRuntime(ahead));
  CHECK(node.CallsOfPost() == kOnlyLists);
}

TEST_CASE("Containers that can restart unseen are always asked") {
  CriTestNode node;
  CriNode pod = OnePod();
  pod.runtime_name = "docker";
  node.Start(GoodRuntime(pod));
  CHECK(node.CallsOfPost() == kFirst);
  CHECK(node.CallsOfPost() ==
        "ContainerStatus:1 ListContainers:1 ListPodSandbox:1 "
        "PodSandboxStatus:1");
}

TEST_CASE("A runtime that does not tell its name may be Docker") {
  CriTestNode node;
  node.Start(With(GoodRuntime(OnePod()), "Version",
                  GrpcError(GrpcCode::kUnavailable, "busy")));
  CheckOnePod(node.Post());
  CHECK(node.CallsOfPost() == kFirst);
  node.runtime().SetScript(GoodRuntime(OnePod()));
  CHECK(node.CallsOfPost() == kFirst);
  CHECK(node.CallsOfPost() == kOnlyLists);
}

TEST_CASE("An entry that lacks details is asked again") {
  CriTestNode node;
  node.Start(With(GoodRuntime(OnePod()), "ContainerStatus",
                  GrpcError(GrpcCode::kUnavailable, "the shim died")));
  node.Post();
  CHECK(node.CallsOfPost() == kContainerAgain);
  CHECK(node.incomplete().size() == 1);
  node.runtime().SetScript(GoodRuntime(OnePod()));
  CHECK(node.CallsOfPost() == kContainerAgain);
  CheckOnePod(node.Post());
  CHECK(node.CallsOfPost() == kOnlyLists);
}

TEST_CASE("A sandbox is asked until it has an address") {
  CriTestNode node;
  CriNode pod = OnePod();
  pod.sandboxes[0].ip.clear();
  node.Start(GoodRuntime(pod));
  CheckOnePod(node.Post());
  CHECK(node.CallsOfPost() == kSandboxAgain);
  node.runtime().SetScript(GoodRuntime(OnePod()));
  CHECK(node.CallsOfPost() == kSandboxAgain);
  CHECK(node.CallsOfPost() == kOnlyLists);
  SECTION("unless it never gets one: on the node's network") {
    pod.sandboxes[0].network = CriNetwork::kNode;
  }
  SECTION("unless it never gets one: stopped") {
    pod.sandboxes[0].state = CriSandboxState::kNotReady;
  }
  node.Start(GoodRuntime(pod));
  node.Post();
  CHECK(node.CallsOfPost() ==
        (pod.sandboxes[0].state == CriSandboxState::kReady &&
                 pod.sandboxes[0].network == CriNetwork::kPod
             ? kSandboxAgain
             : kOnlyLists));
}

TEST_CASE("A runtime that is replaced is asked everything again") {
  CriTestNode node;
  node.Start(GoodRuntime(OnePod()));
  CheckOnePod(node.Post());
  node.Start(GoodRuntime(OnePod()));
  CHECK(node.CallsOfPost() == kFirst);
}

TEST_CASE("What leaves the list is forgotten") {
  CriTestNode node;
  node.Start(GoodRuntime(OnePod()));
  CheckOnePod(node.Post());
  CriNode without = OnePod();
  without.containers.clear();
  node.runtime().SetScript(GoodRuntime(without));
  CHECK(node.CallsOfPost() == kOnlyLists);
  node.runtime().SetScript(GoodRuntime(OnePod()));
  CHECK(node.CallsOfPost() == kContainerAgain);
  // A list that leaves some out says nothing of them.
  node.runtime().SetScript(GoodRuntime(without));
  CHECK(node.CallsOfPost("all=0") == kOnlyLists);
  node.runtime().SetScript(GoodRuntime(OnePod()));
  CHECK(node.CallsOfPost() == kOnlyLists);
}

TEST_CASE("The text of a kept status moves with the clock") {
  CriTestNode node;
  CriNode pod = OnePod();
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  pod.containers[0].started_at =
      std::chrono::duration_cast<std::chrono::nanoseconds>(now - 5s).count();
  node.Start(GoodRuntime(pod));
  const auto status = [&] {
    return Find(node.Post(), "c0ffee00c0ffee00").status;
  };
  const std::string first = status();
  const auto end = std::chrono::steady_clock::now() + kGenerous;
  while (status() == first && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(50ms);
  CHECK(status() != first);
  CHECK(status().find("Up ") == 0);
  CHECK(node.runtime().CallsOf("ContainerStatus") == 1);
}
