// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cri_messages.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "containercollector/error.h"
#include "lib/src/cri/messages.h"
#include "tests/support/catch.h"
#include "tests/support/equality.h"
#include "tests/support/error_of.h"

using namespace containercollector;
using namespace containercollector::internal;
using namespace std::string_literals;
using test::Tagged;

namespace {

/// A budget that is not exceeded.
cri::Budget& Unlimited() {
  static cri::Budget budget(std::numeric_limits<std::size_t>::max());
  return budget;
}

std::string Shown(const cri::Listed& listed) {
  std::ostringstream text;
  text << listed.id << ' ' << listed.sandbox_id << ' ' << listed.name << ' '
       << listed.pod_namespace << ' ' << listed.uid << ' ' << listed.attempt
       << ' ' << listed.state << ' ' << listed.created_at << ' '
       << listed.image.image << ' ' << listed.image.user_specified_image << ' '
       << listed.image_ref << ' ' << listed.image_id;
  for (const cri::Pairs& pairs : {listed.labels, listed.annotations})
    for (const auto& [key, value] : pairs) text << ' ' << key << '=' << value;
  return text.str();
}

std::vector<cri::Listed> Containers(const std::string& message) {
  return cri::DecodeList(message, /*of_sandboxes=*/false, Unlimited());
}

std::vector<cri::Listed> Sandboxes(const std::string& message) {
  return cri::DecodeList(message, /*of_sandboxes=*/true, Unlimited());
}

cri::Details ContainerDetails(const std::string& message) {
  return cri::DecodeDetails(message, /*of_sandbox=*/false, Unlimited());
}

cri::Details SandboxDetails(const std::string& message) {
  return cri::DecodeDetails(message, /*of_sandbox=*/true, Unlimited());
}

/// Returns the details of a container whose verbose status has this text.
cri::Details DetailsWith(const std::string& info,
                         cri::Budget& budget = Unlimited()) {
  test::CriContainer container;
  container.id = "c1";
  container.info = info;
  return cri::DecodeDetails(
      test::ContainerStatusResponse(container, /*verbose=*/true),
      /*of_sandbox=*/false, budget);
}

}  // namespace

TEST_CASE("The containers and sandboxes of a list are decoded") {
  test::CriContainer container;
  container.id = "c1";
  container.sandbox_id = "s1";
  container.name = "web";
  container.attempt = 4;
  container.image = "image";
  container.user_specified_image = "user's";
  container.image_ref = "ref";
  container.image_id = "image-id";
  container.created_at = 1'700'000'000'123'456'789;
  container.labels = {{"b", "2"}, {"a", "1"}};
  container.annotations = {{"n", ""}};
  auto listed =
      Containers(test::ListContainersResponse({container, container}));
  REQUIRE(listed.size() == 2);
  CHECK(Shown(listed[1]) ==
        "c1 s1 web   4 running 1700000000123456789 image user's ref image-id "
        "b=2 a=1 n=");
  test::CriSandbox sandbox;
  sandbox.id = "s1";
  sandbox.name = "pod";
  sandbox.pod_namespace = "ns";
  sandbox.uid = "uid";
  sandbox.attempt = 2;
  sandbox.created_at = 5;
  sandbox.labels = {{"l", "1"}};
  sandbox.annotations = {{"a", "2"}};
  listed = Sandboxes(test::ListPodSandboxResponse({sandbox}));
  REQUIRE(listed.size() == 1);
  CHECK(Shown(listed[0]) == "s1  pod ns uid 2 running 5     l=1 a=2");
}

TEST_CASE("The status of a container or sandbox is decoded") {
  test::CriContainer container;
  container.state = test::CriState::kExited;
  container.started_at = 6;
  container.finished_at = 7;
  container.exit_code = -1;
  container.image = "nginx:1";
  container.log_path = "/log";
  container.mounts = {
      {"/in", "/out", true, test::CriPropagation::kHostToContainer},
      {"/a", "/b", false, test::CriPropagation::kBidirectional},
      {"/c", "/d", false, test::CriPropagation::kPrivate}};
  const cri::Details details =
      ContainerDetails(test::ContainerStatusResponse(container));
  CHECK(details.state == "exited");
  CHECK(details.started_at == 6);
  CHECK(details.finished_at == 7);
  CHECK(details.exit_code == -1);
  CHECK(details.image.image == "nginx:1");
  CHECK(details.log_path == "/log");
  CHECK(details.mounts ==
        std::vector<MountPoint>{
            {"bind", "", "/out", "/in", "", "ro", false, "rslave"},
            {"bind", "", "/b", "/a", "", "", true, "rshared"},
            {"bind", "", "/d", "/c", "", "", true, "rprivate"}});
  test::CriSandbox sandbox;
  sandbox.ip = "10.0.0.1";
  sandbox.additional_ips = {"fd00::1", "10.0.0.2"};
  cri::Details pod = SandboxDetails(test::PodSandboxStatusResponse(sandbox));
  CHECK(pod.state == "running");
  CHECK(pod.ip == "10.0.0.1");
  CHECK(pod.additional_ips == sandbox.additional_ips);
  CHECK_FALSE(pod.host_network);
  sandbox.state = test::CriSandboxState::kNotReady;
  sandbox.network = test::CriNetwork::kNode;
  pod = SandboxDetails(test::PodSandboxStatusResponse(sandbox));
  CHECK(pod.state == "exited");
  CHECK(pod.host_network);
}

TEST_CASE("The version and the sizes of containers are decoded") {
  const cri::Version version =
      cri::DecodeVersion(test::VersionResponse("containerd"), Unlimited());
  CHECK(version.runtime_name == "containerd");
  CHECK(version.runtime_api_version == "v1");
  test::CriContainer container;
  container.id = "c1";
  container.writable_layer_bytes = 99;
  const auto stats = cri::DecodeStats(
      test::ListContainerStatsResponse({container}), Unlimited());
  REQUIRE(stats.size() == 1);
  CHECK(stats[0].id == "c1");
  CHECK(stats[0].used_bytes == 99);
}

TEST_CASE("Each CRI state, even an unknown one, is one of Docker's") {
  const auto state_of = [](std::uint64_t number) {
    return std::string(
               Containers(Tagged(1, Tagged(1, "c") + Tagged(6, number)))[0]
                   .state) +
           " " +
           std::string(ContainerDetails(Tagged(1, Tagged(3, number))).state);
  };
  CHECK(state_of(0) == "created created");
  CHECK(state_of(1) == "running running");
  CHECK(state_of(2) == "exited exited");
  CHECK(state_of(3) == "dead dead");
  CHECK(state_of(42) == "dead dead");
  CHECK(Containers(Tagged(1, Tagged(1, "c")))[0].state == "created");
  CHECK(Sandboxes(Tagged(1, Tagged(1, "s")))[0].state == "running");
  CHECK(Sandboxes(Tagged(1, Tagged(1, "s") + Tagged(3, 7)))[0].state ==
        "exited");
}

TEST_CASE("Fields that a later CRI adds or changes are ignored") {
  const std::string container =
      Tagged(1, "c1") + Tagged(99, "new") + Tagged(7, "a number once");
  const auto listed = Containers(Tagged(9, 1) + Tagged(1, container));
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].created_at == 0);
  CHECK((Containers("").empty() && Sandboxes("").empty() &&
         cri::DecodeStats("", Unlimited()).empty()));
}

TEST_CASE("A repeated field counts once: the last value, or all entries") {
  const auto address = [](const char* ip) { return Tagged(2, Tagged(1, ip)); };
  const cri::Details details = SandboxDetails(
      Tagged(1, Tagged(5, Tagged(1, "a") + Tagged(1, "b") + address("c")) +
                    Tagged(5, address("d"))));
  CHECK(details.ip == "b");
  CHECK(details.additional_ips == std::vector<std::string>{"c", "d"});
}

TEST_CASE("A malformed message is an error that names the place") {
  struct Case {
    const char* text;
    std::function<void()> decode;
  };
  const auto containers = [](const std::string& message) {
    return [=] { Containers(message); };
  };
  for (const Case& one :
       {Case{"containers[0]: end of buffer exception", containers("\x0A\x7F"
                                                                  "ab"s)},
        Case{"containers[1]: it has no id",
             containers(Tagged(1, Tagged(1, "c")) + Tagged(1, Tagged(6, 1)))},
        Case{"items[0]: it has no id", [] { Sandboxes(Tagged(1, "")); }},
        Case{"message: end of buffer exception", containers("\xFF")},
        Case{"message: unknown pbf field type exception", containers("\x0B")},
        Case{"message: varint too long exception",
             containers(std::string(11, '\xFF'))},
        Case{"stats[0]: end of buffer exception",
             [] { cri::DecodeStats(Tagged(1, "\x0A"), Unlimited()); }},
        Case{"version: end of buffer exception",
             [] { cri::DecodeVersion("\x12", Unlimited()); }},
        Case{"status: it is missing", [] { ContainerDetails(Tagged(3, "x")); }},
        Case{"status: end of buffer exception",
             [] { ContainerDetails(Tagged(1, Tagged(14, "\x0A"))); }}}) {
    const Error error = test::ErrorOf(one.decode);
    CHECK(error.code() == ErrorCode::kResponseMalformed);
    CHECK(error.what() == std::string(one.text));
  }
}

TEST_CASE("The memory of a decoded message is charged before it is built") {
  enum Kind { kList, kContainer, kSandbox };
  struct Case {
    const char* what;
    Kind kind;
    std::string message;
    std::size_t bytes;  ///< What it needs.
  };
  const auto decode = [](const Case& one, std::size_t bytes) {
    cri::Budget budget(bytes);
    if (one.kind == kList) {
      cri::DecodeList(one.message, /*of_sandboxes=*/false, budget);
    } else {
      cri::DecodeDetails(one.message, one.kind == kSandbox, budget);
    }
  };
  const std::string empty_mount = Tagged(14, "");
  const std::string address = Tagged(2, Tagged(1, "::1"));
  constexpr std::size_t kListed = 3 * sizeof(cri::Listed);
  constexpr std::size_t kMount = 3 * sizeof(MountPoint);
  constexpr std::size_t kDetails = sizeof(cri::Details);
  for (const Case& one :
       {Case{"entries", kList, Tagged(1, Tagged(1, "c")), kListed + 1},
        Case{"labels", kList,
             Tagged(1, Tagged(1, "c") + Tagged(8, "") + Tagged(9, "")),
             kListed + 6 * sizeof(cri::Pairs::value_type) + 1},
        Case{"mounts", kContainer, Tagged(1, empty_mount + empty_mount),
             kDetails + 2 * kMount},
        Case{"paths", kContainer,
             Tagged(1, Tagged(14, Tagged(1, "/in") + Tagged(2, "/out"))),
             kDetails + kMount + 7},
        Case{"addresses", kSandbox, Tagged(1, Tagged(5, address + address)),
             kDetails + 6 * sizeof(std::string) + 6},
        Case{
            "an address again", kSandbox,
            Tagged(1, Tagged(5, Tagged(1, "10.0.0.1") + Tagged(1, "10.0.0.2"))),
            kDetails + 16},
        Case{"info", kContainer,
             Tagged(1, "") + Tagged(2, Tagged(1, "other") + Tagged(2, "{}")),
             kDetails + 6 * sizeof(std::string_view)}}) {
    CAPTURE(one.what);
    CHECK_NOTHROW(decode(one, one.bytes));
    CHECK_THROWS_AS(decode(one, one.bytes - 1), cri::BudgetError);
  }
}

TEST_CASE("A verbose status contains the command and the pause image") {
  test::CriSandbox sandbox;
  sandbox.id = "s1";
  sandbox.info =
      R"({"sandboxID":"s","image":"registry.k8s.io/pause:3.9","runtimeSpec":{)"
      R"("process":{"env":["PASSWORD=secret"],"args":["/my pause","a b","",)"
      R"("c'd"]},"mounts":[{"source":"/secret"}]}})";
  const cri::Details details =
      SandboxDetails(test::PodSandboxStatusResponse(sandbox, true));
  CHECK(details.command == "/my pause 'a b'  c'd");
  CHECK(details.sandbox_image == "registry.k8s.io/pause:3.9");
  CHECK(DetailsWith(sandbox.info).command == details.command);
}

TEST_CASE("A verbose status that cannot be decoded has no command") {
  const std::string good = R"({"runtimeSpec":{"process":{"args":["a"]}}})";
  REQUIRE(DetailsWith(good).command == "a");
  for (const std::string& info :
       {std::string(), std::string("null"), std::string("{}"),
        std::string("[]"), good + "x", good.substr(1),
        std::string(R"({"runtimeSpec":{"process":{"args":[1]}}})"),
        std::string(R"({"runtimeSpec":null})"),
        std::string(1'100'000, ' ') + good}) {
    CAPTURE(info.substr(0, 100));
    CHECK(DetailsWith(info).command.empty());
  }
  // Decoding it could take more memory than is left.
  const std::string spaced = std::string(1000, ' ') + good;
  cri::Budget little(3000);
  CHECK(DetailsWith(spaced, little).command.empty());
}

TEST_CASE("A request names what it asks for") {
  CHECK(cri::EncodeStatusRequest("abc", false) == Tagged(1, "abc"));
  CHECK(cri::EncodeStatusRequest("abc", true) ==
        Tagged(1, "abc") + Tagged(2, 1));
  CHECK(cri::EncodeListRequest({}, false).empty());
  CHECK(cri::EncodeListRequest({"id", kStateExited, {{"k", "v"}}}, false) ==
        Tagged(1, Tagged(1, "id") + Tagged(2, Tagged(1, 2)) +
                      Tagged(4, Tagged(1, "k") + Tagged(2, "v"))));
  CHECK(cri::EncodeListRequest({"", kStateRunning, {}}, false) ==
        Tagged(1, Tagged(2, Tagged(1, 1))));
  CHECK(cri::EncodeListRequest({}, true).empty());
  CHECK(cri::EncodeListRequest({"", kStateRunning, {}}, true) ==
        Tagged(1, Tagged(2, Tagged(1, 0))));
}
