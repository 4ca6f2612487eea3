// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "containercollector/accessors.h"
#include "containercollector/json.h"
#include "lib/src/cri/containers.h"
#include "tests/support/catch.h"
#include "tests/support/cri_messages.h"

using namespace containercollector;
using namespace containercollector::internal;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNow = 1'700'000'000 * kSecond;
constexpr std::size_t kPlenty = 1'000'000;

cri::ListedSandbox Sandbox() {
  cri::ListedSandbox sandbox;
  sandbox.id = "s1";
  sandbox.metadata = {"pod", "uid", "ns", 2};
  sandbox.created_at = kNow - 60 * kSecond;
  sandbox.labels = {{"app", "web"}};
  sandbox.annotations = {{"config", "api"}};
  return sandbox;
}

cri::ListedContainer Listed() {
  cri::ListedContainer container;
  container.id = "c1";
  container.sandbox_id = "s1";
  container.metadata = {"nginx", 3};
  container.image.image = "sha256:aa";
  container.image_ref = "sha256:bb";
  container.state = cri::ContainerState::kRunning;
  container.created_at = kNow - 30 * kSecond + 999;
  container.labels = {{"io.kubernetes.pod.name", "pod-of-label"},
                      {"io.kubernetes.docker.type", "x"}};
  container.annotations = {{"hash", "1"}};
  return container;
}

std::vector<cri::Entry> MakeEntries(
    std::vector<cri::ListedContainer> containers,
    std::vector<cri::ListedSandbox> sandboxes) {
  cri::Budget budget(kPlenty);
  return cri::MakeEntries(std::move(containers), std::move(sandboxes), budget);
}

cri::Entry ContainerEntry(const cri::ListedContainer& listed = Listed()) {
  return MakeEntries({listed}, {Sandbox()}).front();
}

cri::Entry SandboxEntry() { return MakeEntries({}, {Sandbox()}).front(); }

void Add(const cri::ContainerStatus& status, cri::Entry& entry) {
  cri::Budget budget(kPlenty);
  cri::Details details;
  details.container = status;
  AddDetails(details, kNow, budget, entry);
}

void Add(const cri::SandboxStatus& status, cri::Entry& entry) {
  cri::Budget budget(kPlenty);
  cri::Details details;
  details.sandbox = status;
  AddDetails(details, kNow, budget, entry);
}

/// Returns what a verbose status adds to its message.
cri::Details DetailsWith(const std::string& info, bool is_sandbox = false,
                         std::size_t bytes = 100 * kPlenty) {
  cri::Budget budget(bytes);
  test::CriContainer container;
  container.id = "c1";
  container.info = info;
  test::CriSandbox sandbox;
  sandbox.id = "s1";
  sandbox.info = info;
  return cri::DecodeDetails(
      is_sandbox ? test::PodSandboxStatusResponse(sandbox, /*verbose=*/true)
                 : test::ContainerStatusResponse(container, /*verbose=*/true),
      is_sandbox, budget);
}

std::vector<Port> PortsOf(const std::string& annotation) {
  cri::Budget budget(kPlenty);
  return cri::ParsePorts(annotation, budget);
}

}  // namespace

TEST_CASE("A container of the CRI looks as dockershim showed it") {
  cri::Entry entry = ContainerEntry();
  cri::ContainerStatus status;
  status.state = cri::ContainerState::kRunning;
  status.started_at = kNow - 3 * 3600 * kSecond;
  status.image.image = "docker.io/library/nginx:1";
  status.log_path = "/var/log/pods/x";
  status.mounts = {{"/in", "/out", true, cri::Propagation::kHostToContainer},
                   {"", "", false, cri::Propagation::kBidirectional}};
  Add(status, entry);
  CHECK(EncodeContainers({entry.container}) ==
        R"([{"Id":"c1","Names":["/k8s_nginx_pod_ns_uid_3"],)"
        R"("Image":"docker.io/library/nginx:1","ImageID":"sha256:bb",)"
        R"("Command":"","Created":1699999970,"Ports":[],"Labels":{)"
        R"("annotation.hash":"1",)"
        R"("io.kubernetes.container.logpath":"/var/log/pods/x",)"
        R"("io.kubernetes.docker.type":"container",)"
        R"("io.kubernetes.pod.name":"pod-of-label",)"
        R"("io.kubernetes.sandbox.id":"s1"},"State":"running",)"
        R"("Status":"Up 3 hours","HostConfig":{)"
        R"("NetworkMode":"container:s1"},"NetworkSettings":{"Networks":{}},)"
        R"("Mounts":[{"Type":"bind","Source":"/out","Destination":"/in",)"
        R"("Mode":"ro","RW":false,"Propagation":"rslave"},{"Type":"bind",)"
        R"("Source":"","Destination":"","Mode":"","RW":true,)"
        R"("Propagation":"rshared"}]}])");
  CHECK_FALSE(entry.exit_code);
  CHECK_FALSE(IsPodSandbox(entry.container));
}

TEST_CASE("A sandbox of the CRI looks as dockershim showed it") {
  cri::Entry entry = SandboxEntry();
  CHECK(entry.is_sandbox);
  cri::SandboxStatus status;
  status.network = {"10.0.0.1", {{"fd00::1"}, {"10.0.0.2"}}};
  Add(status, entry);
  const Container& container = entry.container;
  CHECK(container.names == StringList{"/k8s_POD_pod_ns_uid_2"});
  CHECK(container.labels ==
        StringMap{{"annotation.config", "api"},
                  {"app", "web"},
                  {"io.kubernetes.container.name", "POD"},
                  {"io.kubernetes.docker.type", "podsandbox"}});
  CHECK(container.state == "running");
  CHECK(container.status == "Up About a minute");
  CHECK(container.host_config.network_mode == "none");
  const auto& networks = *container.network_settings->networks;
  REQUIRE(networks.size() == 1);
  CHECK(networks.at("none")->ip_address == "10.0.0.1");
  CHECK(networks.at("none")->global_ipv6_address == "fd00::1");
  CHECK(IsPodSandbox(container));
  CHECK(PodContainerName(container) == "POD");
  CHECK((container.ports->empty() && container.mounts->empty()));
}

TEST_CASE("A sandbox on the node's network says so") {
  cri::Entry entry = SandboxEntry();
  cri::SandboxStatus status;
  status.state = cri::SandboxState::kNotReady;
  status.linux_status.namespaces.options.network = cri::NamespaceMode::kNode;
  Add(status, entry);
  CHECK(entry.container.host_config.network_mode == "host");
  CHECK(entry.container.network_settings->networks->at("host") ==
        EndpointSettings{});
  CHECK(entry.container.state == "exited");
  CHECK(entry.container.status == "Exited");
  CHECK_FALSE(entry.exit_code);
}

TEST_CASE("An entry without details has its state in Docker's words") {
  using State = cri::ContainerState;
  const auto texts = [](State state) {
    cri::ListedContainer listed = Listed();
    listed.state = state;
    const Container container = ContainerEntry(listed).container;
    return container.state + ", " + container.status;
  };
  CHECK(texts(State::kCreated) == "created, Created");
  CHECK(texts(State::kRunning) == "running, Up");
  CHECK(texts(State::kExited) == "exited, Exited");
  CHECK(texts(State::kUnknown) == "dead, Dead");
  CHECK(SandboxEntry().container.status == "Up");
}

TEST_CASE("The image is the one that the user named, where that is known") {
  const std::string bare_id(64, 'a');
  struct Case {
    const char* rule;
    cri::ImageSpec listed;
    cri::ImageSpec status;
    std::string shown;
  };
  for (const Case& one :
       {Case{"an ID alone", {"sha256:aa", ""}, {"", ""}, "sha256:aa"},
        Case{"an ID, and a name", {"sha256:aa", ""}, {"name", ""}, "name"},
        Case{"CRI-O's ID, and a name", {bare_id, ""}, {"name", ""}, "name"},
        Case{"nothing, and a name", {"", ""}, {"name", ""}, "name"},
        Case{"63 digits are a name",
             {bare_id.substr(1), ""},
             {"name", ""},
             bare_id.substr(1)},
        Case{"a name wins", {"listed", ""}, {"name", ""}, "listed"},
        Case{"the user's", {"listed", "user's"}, {"name", ""}, "user's"},
        Case{"the status's", {"a", "user's"}, {"b", "status's"}, "status's"}}) {
    CAPTURE(one.rule);
    cri::ListedContainer listed = Listed();
    listed.image = one.listed;
    cri::Entry entry = ContainerEntry(listed);
    cri::ContainerStatus status;
    status.image = one.status;
    Add(status, entry);
    CHECK(entry.container.image == one.shown);
  }
}

TEST_CASE("The ID of an image is the runtime's, with the algorithm") {
  const std::string bare_id(64, 'a');
  const auto image_id = [](const std::string& id, const std::string& ref) {
    cri::ListedContainer listed = Listed();
    listed.image_id = id;
    listed.image_ref = ref;
    return ContainerEntry(listed).container.image_id;
  };
  CHECK(image_id("sha256:1", "ref") == "sha256:1");
  CHECK(image_id("", "sha256:2") == "sha256:2");
  CHECK(image_id(bare_id, "name@sha256:3") == "sha256:" + bare_id);
  CHECK(image_id("", bare_id) == "sha256:" + bare_id);
  CHECK(image_id("", "name@sha256:3") == "name@sha256:3");
}

TEST_CASE("Each state of the CRI is one of Docker's") {
  cri::Entry entry = ContainerEntry();
  cri::ContainerStatus status;
  const auto state = [&](cri::ContainerState of_cri) {
    status.state = of_cri;
    Add(status, entry);
    return entry.container.state + ", " + entry.container.status;
  };
  CHECK(state(cri::ContainerState::kCreated) == "created, Created");
  CHECK(state(cri::ContainerState::kUnknown) == "dead, Dead");
  CHECK_FALSE(entry.exit_code);
  status.finished_at = kNow - 2 * kSecond;
  status.exit_code = 137;
  CHECK(state(cri::ContainerState::kExited) ==
        "exited, Exited (137) 2 seconds ago");
  CHECK(entry.exit_code == 137);
}

TEST_CASE("A container whose sandbox is gone takes its name from its labels") {
  cri::ListedContainer listed = Listed();
  listed.labels = {{"io.kubernetes.pod.name", "p"},
                   {"io.kubernetes.pod.namespace", "n"},
                   {"io.kubernetes.pod.uid", "u"}};
  CHECK(MakeEntries({listed}, {}).front().container.names ==
        StringList{"/k8s_nginx_p_n_u_3"});
}

TEST_CASE("Containers and sandboxes are listed together, newest first") {
  std::vector<cri::ListedContainer> containers(3, Listed());
  containers[0].id = "old";
  containers[0].created_at = kNow - 90 * kSecond;
  containers[1].id = "b";
  containers[2].id = "a";
  std::string order;
  for (const cri::Entry& entry : MakeEntries(containers, {Sandbox()}))
    order += entry.container.id + " ";
  CHECK(order == "a b s1 old ");
}

TEST_CASE("The last of several with the same ID wins") {
  std::vector<cri::ListedContainer> containers(3, Listed());
  containers[1].id = "c2";
  containers[2].metadata.name = "last";
  std::vector<cri::ListedSandbox> sandboxes(2, Sandbox());
  sandboxes[1].metadata.name = "last-pod";
  std::string names;
  for (const cri::Entry& entry : MakeEntries(containers, sandboxes))
    names += entry.container.names->front() + " ";
  CHECK(names ==
        "/k8s_last_last-pod_ns_uid_3 /k8s_nginx_last-pod_ns_uid_3 "
        "/k8s_POD_last-pod_ns_uid_2 ");
}

TEST_CASE("A time of creation before 1970 is unknown") {
  cri::ListedContainer listed = Listed();
  listed.created_at = -6'795'364'578'871'345'152;  // Go's zero time.
  CHECK(MakeEntries({listed}, {}).front().container.created == 0);
}

TEST_CASE("A verbose status tells the command and the pause image") {
  const std::string info =
      R"({"sandboxID":"s","image":"registry.k8s.io/pause:3.9","runtimeSpec":{)"
      R"("process":{"env":["PASSWORD=secret"],"args":["/pause","a b","","c'd")"
      R"(]},"mounts":[{"source":"/secret"}]}})";
  const cri::Details sandbox = DetailsWith(info, /*is_sandbox=*/true);
  CHECK(sandbox.command == "/pause 'a b'  c'd");
  CHECK(sandbox.sandbox_image == "registry.k8s.io/pause:3.9");
  cri::Entry entry = SandboxEntry();
  cri::Budget budget(kPlenty);
  AddDetails(sandbox, kNow, budget, entry);
  CHECK(entry.container.command == sandbox.command);
  CHECK(entry.container.image == sandbox.sandbox_image);
  CHECK(EncodeContainers({entry.container}).find("ecret") == std::string::npos);
  CHECK(DetailsWith(info).command == sandbox.command);
  CHECK(cri::CommandText({"/my program", "b"}) == "/my program b");
}

TEST_CASE("Without what verbose adds, the fields are empty") {
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
  // For which there is no memory.
  CHECK(DetailsWith(std::string(1000, ' ') + good, false, 3000).command == "");
}

TEST_CASE("The ports are those of the kubelet's annotation") {
  cri::ListedContainer listed = Listed();
  listed.annotations = {
      {"io.kubernetes.container.ports",
       R"([{"name":"http","containerPort":80,"protocol":"TCP"},)"
       R"({"hostPort":5353,"containerPort":53,"protocol":"UDP"},)"
       R"({"hostPort":1,"containerPort":2,"hostIP":"127.0.0.1"}])"}};
  CHECK(ContainerEntry(listed).container.ports ==
        std::vector<Port>{{"", 80, 0, "tcp"},
                          {"0.0.0.0", 53, 5353, "udp"},
                          {"127.0.0.1", 2, 1, "tcp"}});
}

TEST_CASE("A malformed annotation of ports is no port") {
  for (const char* annotation :
       {"", "null", "[", "{}", "[1]", R"([{"containerPort":80},)",
        R"([{"containerPort":80},{"containerPort":70000}])",
        R"([{"containerPort":"80"}])"}) {
    CAPTURE(annotation);
    CHECK(PortsOf(annotation).empty());
  }
}

TEST_CASE("The size of a container is that of its writable layer") {
  std::vector<cri::Entry> entries = MakeEntries({Listed()}, {Sandbox()});
  cri::AddStats({{{"c1"}, {{99}}}, {{"unknown"}, {{1}}}, {{""}, {{2}}}},
                entries);
  CHECK(entries[0].container.size_rw == 99);
  CHECK(entries[1].container.size_rw == 0);
  cri::AddStats({{{"c1"}, {{0xFFFFFFFFFFFFFFFF}}}}, entries);
  CHECK(entries[0].container.size_rw == 0x7FFFFFFFFFFFFFFF);
}
