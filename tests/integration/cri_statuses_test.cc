// SPDX-License-Identifier: Apache-2.0

/// The status calls of a collection: which are made, and what they add.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>

#include "tests/integration/cri_node.h"
#include "tests/support/posix.h"

using namespace containercollector;
using namespace containercollector::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kFirst =
    "ContainerStatus:1 ListContainers:1 ListPodSandbox:1 PodSandboxStatus:1 "
    "Version:1";
constexpr const char* kBothAgain =
    "ContainerStatus:1 ListContainers:1 ListPodSandbox:1 PodSandboxStatus:1";
constexpr const char* kContainerAgain =
    "ContainerStatus:1 ListContainers:1 ListPodSandbox:1";
constexpr const char* kSandboxAgain =
    "ListContainers:1 ListPodSandbox:1 PodSandboxStatus:1";

std::string AnyStatusMethod() {
  return GENERATE("ContainerStatus", "PodSandboxStatus");
}

/// Long enough for all but what hangs.
RuntimeOptions TenSeconds() {
  RuntimeOptions options;
  options.timeout = 10s;
  return options;
}

/// A runtime that hangs for the statuses of the newest containers.
RuntimeScript Hanging(std::size_t hung, std::size_t containers) {
  return [hung,
          script = GoodRuntime(OnePod(containers))](const RuntimeCall& call) {
    RuntimeResponse response = script(call);
    if (call.method == "ContainerStatus") {
      const std::string id = FirstString(call.message);
      response.when_released = std::stoul(id.substr(id.find('-') + 1)) < hung;
    }
    return response;
  };
}

/// Returns how many entries of the last response lack details because their
/// status hung for this time.
std::size_t CountHung(const CriTestNode& node, const std::string& time) {
  std::size_t count = 0;
  for (const Error& error : node.incomplete())
    count +=
        error.code() == ErrorCode::kTimeout &&
        std::string(error.what()).find(" within " + time) != std::string::npos;
  return count;
}

}  // namespace

TEST_CASE("In steady state, a collection makes two calls") {
  CriTestNode node;
  node.Start(GoodRuntime(OnePod()));
  CHECK(node.CallsOfPost() == kFirst);
  const std::string body = node.Post().body;
  for (const char* query : {"", "all=0", "limit=1", "filters={}"})
    CHECK(node.CallsOfPost(query) == kOnlyLists);
  CHECK(node.Post().body == body);
  // A runtime that is replaced is asked everything again.
  node.Start(GoodRuntime(OnePod()));
  CHECK(node.CallsOfPost() == kFirst);
}

TEST_CASE("A container that changes its state costs one more status call") {
  CriTestNode node;
  CriNode pod = OnePod();
  pod.containers[0].info = R"({"runtimeSpec":{"process":{"args":["sh"]}}})";
  node.Start(GoodRuntime(pod));
  CheckOnePod(node.Post());
  pod.containers[0].state = CriState::kExited;
  pod.containers[0].exit_code = 3;
  node.runtime().SetScript(GoodRuntime(pod));
  CHECK(node.CallsOfPost() == kContainerAgain);
  CHECK_FALSE(IsVerbose(node.runtime().Calls().back().message));
  const Container exited = Find(node.Post(), kContainerId);
  CHECK(exited.status == "Exited (3)");
  // The plain status does not tell it.
  CHECK(exited.command == "sh");
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
  CHECK(Find(node.Post(), kContainerId).state == "exited");
  CHECK(node.Post("all=0").container_count == 1);
  node.runtime().SetScript(GoodRuntime(ahead));
  CHECK(node.CallsOfPost() == kOnlyLists);
}

TEST_CASE("The status of a container that can restart unseen is not kept") {
  CriTestNode node;
  CriNode pod = OnePod();
  pod.runtime_name = "docker";
  node.Start(GoodRuntime(pod));
  CHECK(node.CallsOfPost() == kFirst);
  CHECK(node.CallsOfPost() == kBothAgain);
  // A runtime that does not tell its name may be Docker.
  node.Start(With(GoodRuntime(OnePod()), "Version",
                  GrpcError(GrpcCode::kUnavailable, "busy")));
  CheckOnePod(node.Post());
  CHECK(node.CallsOfPost() == kFirst);
  node.runtime().SetScript(GoodRuntime(OnePod()));
  CHECK(node.CallsOfPost() == kFirst);
  CHECK(node.CallsOfPost() == kOnlyLists);
}

TEST_CASE("A sandbox's status is requested until it has an address") {
  CriTestNode node;
  CriNode pod = OnePod();
  pod.sandboxes[0].ip.clear();
  const char* later = kOnlyLists;
  SECTION("which it gets later") { later = kSandboxAgain; }
  SECTION("which it never gets on the node's network") {
    pod.sandboxes[0].network = CriNetwork::kNode;
  }
  SECTION("which it never gets once it stopped") {
    pod.sandboxes[0].state = CriSandboxState::kNotReady;
  }
  node.Start(GoodRuntime(pod));
  CheckOnePod(node.Post());
  CHECK(node.CallsOfPost() == later);
  if (later == kOnlyLists) return;
  node.runtime().SetScript(GoodRuntime(OnePod()));
  CHECK(node.CallsOfPost() == kSandboxAgain);
  CHECK(node.CallsOfPost() == kOnlyLists);
}

TEST_CASE("The status of an entry that leaves the list is forgotten") {
  CriTestNode node;
  node.Start(GoodRuntime(OnePod()));
  CheckOnePod(node.Post());
  node.runtime().SetScript(GoodRuntime(OnePod(0)));
  CHECK(node.CallsOfPost() == kOnlyLists);
  node.runtime().SetScript(GoodRuntime(OnePod()));
  CHECK(node.CallsOfPost() == kContainerAgain);
  // A list that leaves some out says nothing of them.
  node.runtime().SetScript(GoodRuntime(OnePod(0)));
  CHECK(node.CallsOfPost("all=0") == kOnlyLists);
  node.runtime().SetScript(GoodRuntime(OnePod()));
  CHECK(node.CallsOfPost() == kOnlyLists);
}

TEST_CASE("The text of a kept status follows the clock") {
  CriTestNode node;
  CriNode pod = OnePod();
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  pod.containers[0].started_at = std::chrono::nanoseconds(now - 5s).count();
  node.Start(GoodRuntime(pod));
  const auto status = [&] { return Find(node.Post(), kContainerId).status; };
  const std::string first = status();
  CHECK(first.find("Up ") == 0);
  CHECK(WaitUntil([&] { return status() != first; }, kGenerous));
  CHECK(node.runtime().CallsOf("ContainerStatus") == 1);
}

TEST_CASE("A status call that fails in any way costs only the details") {
  constexpr int kNotFound = 5;
  const std::string method = AnyStatusMethod();
  const bool is_container = method == "ContainerStatus";
  CriTestNode node;
  for (int code = 1; code <= 17; ++code) {
    if (code == kNotFound) continue;
    CAPTURE(method, code);
    node.Start(With(
        GoodRuntime(OnePod()), method,
        GrpcErrorInTrailers(static_cast<GrpcCode>(code), "the shim died")));
    const Response response = node.Post();
    CheckIncomplete(node, response, 2, ErrorCode::kDaemonError,
                    "Error response from container runtime: the shim died (");
    CHECK(node.incomplete().size() == 1);
    const Container container = Find(response, kContainerId);
    const Container sandbox = Find(response, kSandboxId);
    CHECK((is_container ? container : sandbox).status == "Up");
    CHECK((is_container ? sandbox : container).status != "Up");
    CHECK(container.names == StringList{"/k8s_web_pod_default_uid_0"});
    CHECK(container.image == "busybox:1");
  }
  // Only this entry is asked again.
  const char* const again = is_container ? kContainerAgain : kSandboxAgain;
  CHECK(node.CallsOfPost() == again);
  CHECK(node.incomplete().size() == 1);
  node.runtime().SetScript(GoodRuntime(OnePod()));
  CHECK(node.CallsOfPost() == again);
  CheckOnePod(node.Post());
  CHECK(node.CallsOfPost() == kOnlyLists);
}

TEST_CASE("An entry that disappears before its status is omitted silently") {
  const std::string method = AnyStatusMethod();
  struct Case {
    GrpcCode code;
    const char* text;
  };
  CriTestNode node;
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
    CHECK(response.headers.empty());
    Find(response, method == "PodSandboxStatus" ? kContainerId : kSandboxId);
  }
  CheckRecovers(node);
}

TEST_CASE("Listed entries whose status says that they are gone are kept") {
  CriTestNode node;
  // Few and many; of a small node, all.
  const std::size_t containers = GENERATE(2U, 3U, 100U);
  const bool all = containers < 5;
  node.Start(
      [all, script = GoodRuntime(OnePod(containers))](const RuntimeCall& call) {
        return call.method == "ContainerStatus" ||
                       (all && call.method == "PodSandboxStatus")
                   ? GrpcError(GrpcCode::kNotFound, "not found")
                   : script(call);
      });
  CheckIncomplete(node, node.Post(), containers + 1, ErrorCode::kDaemonError,
                  " lists container-0 and says that it does not exist");
  CHECK(node.incomplete().size() == containers + (all ? 1 : 0));
  CHECK(node.runtime().CallsOf("ListContainers") == 2);
}

TEST_CASE("Many entries that disappear together are omitted silently") {
  CriTestNode node;
  // Gone from the second list on.
  auto lists = std::make_shared<std::atomic<int>>(0);
  node.Start([lists, many = GoodRuntime(OnePod(100)),
              one = GoodRuntime(OnePod())](const RuntimeCall& call) {
    if (call.method == "ListContainers" && ++*lists == 1) return many(call);
    return one(call);
  });
  const Response response = node.Post();
  CHECK(response.container_count == 1);
  CHECK(response.headers.empty());
}

TEST_CASE("If the newest entry disappears, the next one fills the limit") {
  CriTestNode node;
  node.Start([script = GoodRuntime(OnePod(3))](const RuntimeCall& call) {
    return FirstString(call.message) == "container-0"
               ? GrpcError(GrpcCode::kNotFound, "not found")
               : script(call);
  });
  const Response response = node.Post("limit=1");
  CHECK(response.container_count == 1);
  CHECK(Find(response, "container-1").status.find("Up ") == 0);
  CHECK(node.runtime().CallsOf("PodSandboxStatus") == 0);
}

TEST_CASE("If a verbose status call fails, a plain one replaces it") {
  const std::string method = AnyStatusMethod();
  RuntimeResponse cut_off;
  cut_off.end = RuntimeResponse::End::kReset;
  const RuntimeResponse failure = GENERATE_COPY(
      GrpcError(GrpcCode::kNotFound, "not found"),
      GrpcError(GrpcCode::kInternal, "no spec"), cut_off, GrpcOk("\xFF"));
  CriTestNode node;
  node.Start([=, script = GoodRuntime(OnePod())](const RuntimeCall& call) {
    return call.method == method && IsVerbose(call.message) ? failure
                                                            : script(call);
  });
  CheckOnePod(node.Post());
  CHECK(node.runtime().CallsOf(method) == 2);
  CHECK(node.CallsOfPost() == kOnlyLists);
}

TEST_CASE("The command and the pause image come from verbose statuses") {
  CriTestNode node;
  CriNode pod = OnePod();
  pod.containers[0].info =
      R"({"config":{"envs":["hidden"]},"runtimeSpec":{"process":{)"
      R"("args":["/bin/sh","-c","sleep 9"],"env":["TOKEN=hidden"]}}})";
  pod.sandboxes[0].info = R"({"image":"pause:3.9","config":"hidden"})";
  node.Start(GoodRuntime(pod));
  const Response response = node.Post();
  CHECK(Find(response, kContainerId).command == "/bin/sh -c 'sleep 9'");
  CHECK(Find(response, kContainerId).image == "busybox:1");
  CHECK(Find(response, kSandboxId).image == "pause:3.9");
  CHECK(response.body.find("hidden") == std::string::npos);
  // Malformed, it is no reason to repeat the call, and never shown.
  pod.containers[0].info.back() = '"';
  node.Start(GoodRuntime(pod));
  const Response without = node.Post();
  CheckOnePod(without);
  CHECK(without.body.find("hidden") == std::string::npos);
  CHECK(Find(without, kContainerId).command.empty());
  CHECK(node.runtime().CallsOf("ContainerStatus") == 1);
}

TEST_CASE("A status call that hangs costs part of the time and its details") {
  const std::string method = AnyStatusMethod();
  CriTestNode node(TenSeconds());
  node.Start(Changing(
      GoodRuntime(OnePod()), method,
      [](RuntimeResponse& response) { response.when_released = true; }));
  CheckIncomplete(node, node.Post(), 2, ErrorCode::kTimeout,
                  "runtime.v1.RuntimeService/" + method + " of ");
  CHECK(node.incomplete().size() == 1);
  CHECK(CountHung(node, "500ms") == 1);
  CHECK(node.runtime().CallsOf(method) == 2);
  // Later, only the plain call is made, and only for this entry.
  CHECK(node.CallsOfPost() ==
        (method == "ContainerStatus" ? kContainerAgain : kSandboxAgain));
  CHECK(CountHung(node, "500ms") == 1);
  node.runtime().Release();
  CheckOnePod(node.Post());
  CHECK(node.CallsOfPost() == kOnlyLists);
}

TEST_CASE("More hung status calls than run at once leave others complete") {
  constexpr std::size_t kHung = 20;
  constexpr std::size_t kContainers = 60;
  CriTestNode node(TenSeconds());
  node.Start(Hanging(kHung, kContainers));
  for (int collection = 0; collection < 2; ++collection) {
    CAPTURE(collection);
    CheckIncomplete(node, node.Post(), kContainers + 1, ErrorCode::kTimeout,
                    " within 500ms (0 bytes came)");
    CHECK(CountHung(node, "500ms") == kHung);
  }
  // As many of them as run at once are asked again.
  CHECK(node.CallsOfPost() ==
        "ContainerStatus:16 ListContainers:1 ListPodSandbox:1");
  // A new container is not asked after them.
  node.runtime().SetScript(Hanging(kHung, kContainers + 1));
  CHECK(node.CallsOfPost() ==
        "ContainerStatus:17 ListContainers:1 ListPodSandbox:1");
  CHECK(FirstString(node.runtime().Calls().back().message) !=
        "container-" + std::to_string(kContainers));
  node.runtime().Release();
  node.Post();
  CHECK(node.Post().incomplete_count == 0);
}

TEST_CASE("If all status calls hang, the list arrives without details") {
  CriTestNode node(TenSeconds());
  node.Start(Hanging(200, 200));
  CheckIncomplete(node, node.Post(), 201, ErrorCode::kTimeout,
                  " did not finish its answer to ");
  CHECK(CountHung(node, "") == node.incomplete().size());
  CHECK(node.incomplete().size() >= 200);
}

TEST_CASE("A cancelled collection starts no further call") {
  // Two lists, Version, and as many as run at once.
  constexpr std::size_t kCalls = 2 + 1 + 16;
  CriTestNode node;
  node.Start(Hanging(100, 100));
  Cancellation cancellation;
  CallOptions call;
  call.cancellation = &cancellation;
  Response response;
  std::thread caller([&] { response = node.Post("", call); });
  CHECK(node.runtime().WaitForCalls(kCalls, kGenerous));
  cancellation.Cancel();
  caller.join();
  CheckFailed(response, ErrorCode::kCancelled, " was cancelled by its caller.");
  node.runtime().Stop();
  CHECK(node.runtime().Calls().size() == kCalls);
}
