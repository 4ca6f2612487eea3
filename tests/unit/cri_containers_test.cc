// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "containercollector/accessors.h"
#include "containercollector/json.h"
#include "lib/src/cri/containers.h"
#include "tests/support/catch.h"
#include "tests/support/equality.h"

using namespace containercollector;
using namespace containercollector::internal;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kNow = 1'700'000'000 * kSecond;
constexpr std::int64_t kGoZeroTime = -6'795'364'578'871'345'152;
const std::string kBareId(64, 'a');

cri::Listed Sandbox() {
  cri::Listed sandbox;
  sandbox.id = "s1";
  sandbox.name = "pod";
  sandbox.pod_namespace = "ns";
  sandbox.uid = "uid";
  sandbox.attempt = 2;
  sandbox.state = kStateRunning;
  sandbox.created_at = kNow - 60 * kSecond;
  sandbox.labels = {{"app", "web"}};
  sandbox.annotations = {{"config", "api"}};
  return sandbox;
}

cri::Listed Listed() {
  cri::Listed container;
  container.id = "c1";
  container.sandbox_id = "s1";
  container.name = "nginx";
  container.attempt = 3;
  container.image.image = "sha256:aa";
  container.image_ref = "sha256:bb";
  container.state = kStateRunning;
  container.created_at = kNow - 30 * kSecond + 999;
  container.labels = {{"io.kubernetes.pod.name", "pod-of-label"},
                      {"io.kubernetes.docker.type", "x"}};
  container.annotations = {{"hash", "1"}};
  return container;
}

std::vector<cri::Entry> MakeEntries(std::vector<cri::Listed> containers,
                                    std::vector<cri::Listed> sandboxes) {
  cri::Budget budget(1'000'000);
  return cri::MakeEntries(std::move(containers), std::move(sandboxes), budget);
}

cri::Entry ContainerEntry(const cri::Listed& listed = Listed()) {
  return MakeEntries({listed}, {Sandbox()}).front();
}

cri::Entry SandboxEntry() { return MakeEntries({}, {Sandbox()}).front(); }

void Add(const cri::Details& details, cri::Entry& entry) {
  cri::Budget budget(1'000'000);
  AddDetails(details, kNow, budget, entry);
}

/// Returns the text that a container has with these details.
std::string StatusOf(const cri::Details& details) {
  cri::Entry entry = ContainerEntry();
  Add(details, entry);
  return entry.container.status;
}

/// Returns a container's details.
cri::Details DetailsOf(std::string_view state, std::int64_t started_at,
                       std::int64_t finished_at = 0) {
  cri::Details details;
  details.state = state;
  details.started_at = started_at;
  details.finished_at = finished_at;
  details.exit_code = 137;
  return details;
}

}  // namespace

TEST_CASE("A CRI container looks as it did through dockershim") {
  cri::Entry entry = ContainerEntry();
  cri::Details details = DetailsOf(kStateRunning, kNow - 3 * kHour);
  details.image.image = "docker.io/library/nginx:1";
  details.command = "nginx -g";
  details.log_path = "/var/log/pods/x";
  details.mounts = {{"bind", "", "/out", "/in", "", "ro", false, "rslave"}};
  Add(details, entry);
  CHECK(EncodeContainers({entry.container}) ==
        R"([{"Id":"c1","Names":["/k8s_nginx_pod_ns_uid_3"],)"
        R"("Image":"docker.io/library/nginx:1","ImageID":"sha256:bb",)"
        R"("Command":"nginx -g","Created":1699999970,"Ports":[],"Labels":{)"
        R"("annotation.hash":"1",)"
        R"("io.kubernetes.container.logpath":"/var/log/pods/x",)"
        R"("io.kubernetes.docker.type":"container",)"
        R"("io.kubernetes.pod.name":"pod-of-label",)"
        R"("io.kubernetes.sandbox.id":"s1"},"State":"running",)"
        R"("Status":"Up 3 hours","HostConfig":{)"
        R"("NetworkMode":"container:s1"},"NetworkSettings":{"Networks":{}},)"
        R"("Mounts":[{"Type":"bind","Source":"/out","Destination":"/in",)"
        R"("Mode":"ro","RW":false,"Propagation":"rslave"}]}])");
  CHECK_FALSE(entry.exit_code);
  CHECK_FALSE(IsPodSandbox(entry.container));
}

TEST_CASE("A CRI sandbox looks as it did through dockershim") {
  cri::Entry entry = SandboxEntry();
  CHECK(entry.is_sandbox);
  cri::Details details;
  details.state = kStateRunning;
  details.command = "/pause";
  details.sandbox_image = "pause:3.9";
  details.ip = "10.0.0.1";
  details.additional_ips = {"fd00::1", "10.0.0.2"};
  Add(details, entry);
  CHECK(EncodeContainers({entry.container}) ==
        R"([{"Id":"s1","Names":["/k8s_POD_pod_ns_uid_2"],)"
        R"("Image":"pause:3.9","ImageID":"","Command":"/pause",)"
        R"("Created":1699999940,"Ports":[],"Labels":{)"
        R"("annotation.config":"api","app":"web",)"
        R"("io.kubernetes.container.name":"POD",)"
        R"("io.kubernetes.docker.type":"podsandbox"},"State":"running",)"
        R"("Status":"Up About a minute","HostConfig":{"NetworkMode":"none"},)"
        R"("NetworkSettings":{"Networks":{"none":{"IPAMConfig":null,)"
        R"("Links":null,"Aliases":null,"NetworkID":"","EndpointID":"",)"
        R"("Gateway":"","IPAddress":"10.0.0.1","IPPrefixLen":0,)"
        R"("IPv6Gateway":"","GlobalIPv6Address":"fd00::1",)"
        R"("GlobalIPv6PrefixLen":0,"MacAddress":"","DriverOpts":null}}},)"
        R"("Mounts":[]}])");
  CHECK(IsPodSandbox(entry.container));
  details.state = kStateExited;
  details.host_network = true;
  details.ip.clear();
  details.additional_ips.clear();
  Add(details, entry);
  CHECK(entry.container.host_config.network_mode == "host");
  CHECK(entry.container.network_settings->networks->at("host") ==
        EndpointSettings{});
  CHECK(entry.container.state == "exited");
  CHECK(entry.container.status == "Exited");
  CHECK_FALSE(entry.exit_code);
}

TEST_CASE("Without details, the text of a status is the state alone") {
  const auto status = [](std::string_view state) {
    cri::Listed listed = Listed();
    listed.state = state;
    const Container container = ContainerEntry(listed).container;
    CHECK(container.state == state);
    return container.status;
  };
  CHECK(status(kStateCreated) == "Created");
  CHECK(status(kStateRunning) == "Up");
  CHECK(status(kStateExited) == "Exited");
  CHECK(status(kStateDead) == "Dead");
  CHECK(SandboxEntry().container.status == "Up");
}

TEST_CASE("Durations read like those of docker/go-units") {
  constexpr std::int64_t kMinute = 60 * kSecond;
  constexpr std::int64_t kDay = 24 * kHour;
  struct Case {
    std::int64_t duration;
    const char* text;
  };
  for (const Case& one : {Case{0, "Less than a second"},
                          Case{kSecond - 1, "Less than a second"},
                          Case{kSecond, "1 second"},
                          Case{2 * kSecond - 1, "1 second"},
                          Case{2 * kSecond, "2 seconds"},
                          Case{kMinute - 1, "59 seconds"},
                          Case{kMinute, "About a minute"},
                          Case{2 * kMinute - 1, "About a minute"},
                          Case{2 * kMinute, "2 minutes"},
                          Case{kHour - 1, "59 minutes"},
                          Case{kHour, "About an hour"},
                          Case{90 * kMinute - 1, "About an hour"},
                          Case{90 * kMinute, "2 hours"},
                          Case{150 * kMinute - 1, "2 hours"},
                          Case{150 * kMinute, "3 hours"},
                          Case{47 * kHour + 29 * kMinute, "47 hours"},
                          Case{47 * kHour + 30 * kMinute, "2 days"},
                          Case{14 * kDay - 31 * kMinute, "13 days"},
                          Case{14 * kDay, "2 weeks"},
                          Case{59 * kDay, "8 weeks"},
                          Case{60 * kDay, "2 months"},
                          Case{729 * kDay, "24 months"},
                          Case{730 * kDay, "2 years"}}) {
    CAPTURE(one.duration);
    CHECK(StatusOf(DetailsOf(kStateRunning, kNow - one.duration)) ==
          std::string("Up ") + one.text);
  }
}

TEST_CASE("The status text has Docker's words and omits unknown times") {
  const std::int64_t minutes_ago = kNow - 120 * kSecond;
  CHECK(StatusOf(DetailsOf(kStateCreated, kNow)) == "Created");
  CHECK(StatusOf(DetailsOf(kStateDead, kNow)) == "Dead");
  CHECK(StatusOf(DetailsOf(kStateExited, kNow, minutes_ago)) ==
        "Exited (137) 2 minutes ago");
  CHECK(StatusOf(DetailsOf(kStateRunning, 1)) == "Up 53 years");
  CHECK(StatusOf(DetailsOf(kStateRunning,
                           std::numeric_limits<std::int64_t>::max())) ==
        "Up Less than a second");
  for (const std::int64_t unknown :
       {std::int64_t{0}, kGoZeroTime, std::int64_t{-1},
        std::numeric_limits<std::int64_t>::min()}) {
    CAPTURE(unknown);
    CHECK(StatusOf(DetailsOf(kStateRunning, unknown)) == "Up");
    CHECK(StatusOf(DetailsOf(kStateExited, kNow, unknown)) == "Exited (137)");
    cri::Listed listed = Sandbox();
    listed.created_at = unknown;
    cri::Entry sandbox = MakeEntries({}, {listed}).front();
    CHECK(sandbox.container.created == 0);
    Add(DetailsOf(kStateRunning, 0), sandbox);
    CHECK(sandbox.container.status == "Up");
  }
}

TEST_CASE("Only a container that has exited has an exit code") {
  for (const std::string_view state :
       {kStateCreated, kStateRunning, kStateDead, kStateExited}) {
    CAPTURE(state);
    cri::Entry entry = ContainerEntry();
    Add(DetailsOf(state, 0), entry);
    CHECK(entry.container.state == state);
    CHECK(entry.exit_code.has_value() == (state == kStateExited));
    CHECK(entry.exit_code.value_or(137) == 137);
  }
}

TEST_CASE("The image is the one that the user named, if it is known") {
  struct Case {
    const char* rule;
    cri::ImageSpec listed;
    cri::ImageSpec status;
    std::string shown;
  };
  for (const Case& one :
       {Case{"an ID alone", {"sha256:aa", ""}, {"", ""}, "sha256:aa"},
        Case{"an ID, and a name", {"sha256:aa", ""}, {"name", ""}, "name"},
        Case{"CRI-O's ID, and a name", {kBareId, ""}, {"name", ""}, "name"},
        Case{"nothing, and a name", {"", ""}, {"name", ""}, "name"},
        Case{"63 digits are a name",
             {kBareId.substr(1), ""},
             {"name", ""},
             kBareId.substr(1)},
        Case{"a name wins", {"listed", ""}, {"name", ""}, "listed"},
        Case{"the user's", {"listed", "user's"}, {"name", ""}, "user's"},
        Case{"the status's", {"a", "user's"}, {"b", "status's"}, "status's"}}) {
    CAPTURE(one.rule);
    cri::Listed listed = Listed();
    listed.image = one.listed;
    cri::Entry entry = ContainerEntry(listed);
    cri::Details details;
    details.image = one.status;
    Add(details, entry);
    CHECK(entry.container.image == one.shown);
  }
}

TEST_CASE("The ID of an image is the runtime's, with the algorithm") {
  const auto image_id = [](const std::string& id, const std::string& ref) {
    cri::Listed listed = Listed();
    listed.image_id = id;
    listed.image_ref = ref;
    return ContainerEntry(listed).container.image_id;
  };
  CHECK(image_id("sha256:1", "ref") == "sha256:1");
  CHECK(image_id("", "sha256:2") == "sha256:2");
  CHECK(image_id(kBareId, "name@sha256:3") == "sha256:" + kBareId);
  CHECK(image_id("", kBareId) == "sha256:" + kBareId);
  CHECK(image_id("", "name@sha256:3") == "name@sha256:3");
}

TEST_CASE("A container whose sandbox is gone takes its name from its labels") {
  cri::Listed listed = Listed();
  listed.labels = {{"io.kubernetes.pod.name", "p"},
                   {"io.kubernetes.pod.namespace", "n"},
                   {"io.kubernetes.pod.uid", "u"}};
  CHECK(MakeEntries({listed}, {}).front().container.names ==
        StringList{"/k8s_nginx_p_n_u_3"});
}

TEST_CASE("Containers and sandboxes are listed together, newest first") {
  std::vector<cri::Listed> containers(4, Listed());
  containers[0].id = "old";
  containers[0].created_at = kNow - 90 * kSecond;
  // Those of the same time are ordered by ID.
  containers[1].id = "b";
  containers[2].id = "a";
  containers[3].id = "c";
  std::string order;
  for (const cri::Entry& entry : MakeEntries(containers, {Sandbox()}))
    order += entry.container.id + " ";
  CHECK(order == "a b c s1 old ");
}

TEST_CASE("The last of several with the same ID wins") {
  std::vector<cri::Listed> containers(3, Listed());
  containers[1].id = "c2";
  containers[2].name = "last";
  std::vector<cri::Listed> sandboxes(2, Sandbox());
  sandboxes[1].name = "last-pod";
  std::string names;
  for (const cri::Entry& entry : MakeEntries(containers, sandboxes))
    names += entry.container.names->front() + " ";
  CHECK(names ==
        "/k8s_last_last-pod_ns_uid_3 /k8s_nginx_last-pod_ns_uid_3 "
        "/k8s_POD_last-pod_ns_uid_2 ");
}

TEST_CASE("The ports are those of the kubelet's annotation, if it is valid") {
  const auto ports_of = [](const std::string& annotation) {
    cri::Listed listed = Listed();
    listed.annotations = {{"io.kubernetes.container.ports", annotation}};
    return *ContainerEntry(listed).container.ports;
  };
  CHECK(ports_of(R"([{"name":"http","containerPort":80,"protocol":"TCP"},)"
                 R"({"hostPort":5353,"containerPort":53,"protocol":"UDP"},)"
                 R"({"hostPort":1,"containerPort":2,"hostIP":"127.0.0.1"}])") ==
        std::vector<Port>{{"", 80, 0, "tcp"},
                          {"0.0.0.0", 53, 5353, "udp"},
                          {"127.0.0.1", 2, 1, "tcp"}});
  for (const char* annotation :
       {"", "null", "[", "{}", "[1]", R"([{"containerPort":80},)",
        R"([{"containerPort":80},{"containerPort":70000}])",
        R"([{"containerPort":"80"}])"}) {
    CAPTURE(annotation);
    CHECK(ports_of(annotation).empty());
  }
}

TEST_CASE("The size of a container is that of its writable layer") {
  std::vector<cri::Entry> entries = MakeEntries({Listed()}, {Sandbox()});
  cri::AddStats({{"c1", 99}, {"unknown", 1}, {"", 2}}, entries);
  CHECK(entries[0].container.size_rw == 99);
  CHECK(entries[1].container.size_rw == 0);
  cri::AddStats({{"c1", 0xFFFFFFFFFFFFFFFF}}, entries);
  CHECK(entries[0].container.size_rw == 0x7FFFFFFFFFFFFFFF);
}

TEST_CASE("The memory of an entry is charged before it is built") {
  cri::Details details;
  details.bytes = 5000;
  cri::Entry entry = ContainerEntry();
  cri::Budget exact(5000);
  CHECK_NOTHROW(AddDetails(details, kNow, exact, entry));
  CHECK_THROWS_AS(AddDetails(details, kNow, exact, entry), cri::BudgetError);

  cri::Listed long_name = Sandbox();
  long_name.name = std::string(10'000, 'x');
  cri::Listed long_key = Listed();
  long_key.annotations = {{std::string(10'000, 'x'), ""}};
  cri::Listed long_id = Listed();
  long_id.sandbox_id = std::string(10'000, 'x');
  cri::Listed long_ports = Listed();
  long_ports.annotations = {
      {"io.kubernetes.container.ports", std::string(200, ' ')}};
  for (const auto& [container, sandbox] :
       {std::pair(Listed(), long_name), std::pair(long_key, Sandbox()),
        std::pair(long_id, Sandbox()), std::pair(long_ports, Sandbox())}) {
    cri::Budget little(10'000);
    CHECK_THROWS_AS(cri::MakeEntries({container}, {sandbox}, little),
                    cri::BudgetError);
    cri::Budget plenty(50'000);
    CHECK_NOTHROW(cri::MakeEntries({container}, {sandbox}, plenty));
  }
  cri::Budget little(10'000);
  CHECK_NOTHROW(cri::MakeEntries({Listed()}, {Sandbox()}, little));
}
