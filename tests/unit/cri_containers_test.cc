// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <vector>

#include "containercollector/accessors.h"
#include "containercollector/json.h"
#include "lib/src/cri/containers.h"
#include "tests/support/catch.h"

using namespace containercollector;
using namespace containercollector::internal;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNow = 1'700'000'000 * kSecond;

cri::ListedSandbox Sandbox() {
  cri::ListedSandbox sandbox;
  sandbox.id = "s1";
  sandbox.pod_name = "pod";
  sandbox.pod_namespace = "ns";
  sandbox.pod_uid = "uid";
  sandbox.attempt = 2;
  sandbox.created_at = kNow - 60 * kSecond;
  sandbox.labels = {{"app", "web"}};
  sandbox.annotations = {{"config", "api"}};
  return sandbox;
}

cri::ListedContainer Listed() {
  cri::ListedContainer container;
  container.id = "c1";
  container.sandbox_id = "s1";
  container.name = "nginx";
  container.attempt = 3;
  container.image.name = "sha256:aa";
  container.image_ref = "sha256:bb";
  container.state = cri::ContainerState::kRunning;
  container.created_at = kNow - 30 * kSecond + 999;
  container.labels = {{"io.kubernetes.pod.name", "pod-of-label"},
                      {"io.kubernetes.docker.type", "x"}};
  container.annotations = {{"hash", "1"}};
  return container;
}

cri::Entry ContainerEntry(const cri::ListedContainer& listed = Listed()) {
  return cri::MakeEntries({listed}, {Sandbox()}).front();
}

cri::Entry SandboxEntry() { return cri::MakeEntries({}, {Sandbox()}).front(); }

}  // namespace

TEST_CASE("A container of the CRI looks as dockershim showed it") {
  cri::Entry entry = ContainerEntry();
  cri::ContainerStatus status;
  status.state = cri::ContainerState::kRunning;
  status.started_at = kNow - 3 * 3600 * kSecond;
  status.image.name = "docker.io/library/nginx:1";
  status.log_path = "/var/log/pods/x";
  status.mounts.resize(2);
  status.mounts[0].host_path = "/out";
  status.mounts[0].container_path = "/in";
  status.mounts[0].read_only = true;
  status.mounts[0].propagation = cri::Propagation::kHostToContainer;
  status.mounts[1].propagation = cri::Propagation::kBidirectional;
  AddStatus(status, kNow, entry);
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
  status.addresses = {"10.0.0.1", "fd00::1", "10.0.0.2"};
  AddStatus(status, kNow, entry);
  const Container& container = entry.container;
  CHECK(container.names == StringList{"/k8s_POD_pod_ns_uid_2"});
  CHECK(container.labels ==
        StringMap{{"annotation.config", "api"},
                  {"app", "web"},
                  {"io.kubernetes.container.name", "POD"},
                  {"io.kubernetes.docker.type", "podsandbox"}});
  CHECK(container.state == "running");
  CHECK(container.status == "Up About a minute");
  CHECK(container.image.empty());
  CHECK(container.host_config.network_mode == "default");
  const auto& networks = *container.network_settings->networks;
  REQUIRE(networks.size() == 1);
  CHECK(networks.at("default")->ip_address == "10.0.0.1");
  CHECK(networks.at("default")->global_ipv6_address == "fd00::1");
  CHECK(IsPodSandbox(container));
  CHECK(PodContainerName(container) == "POD");
  CHECK(container.ports->empty());
  CHECK(container.mounts->empty());
}

TEST_CASE("A sandbox on the node's network says so") {
  cri::Entry entry = SandboxEntry();
  cri::SandboxStatus status;
  status.state = cri::SandboxState::kNotReady;
  status.host_network = true;
  AddStatus(status, kNow, entry);
  CHECK(entry.container.host_config.network_mode == "host");
  CHECK(entry.container.network_settings->networks->at("host") ==
        EndpointSettings{});
  CHECK(entry.container.state == "exited");
  CHECK(entry.container.status == "Exited");
  CHECK_FALSE(entry.exit_code);
}

TEST_CASE("The image is the one that the user named, where that is known") {
  cri::ListedContainer listed = Listed();
  cri::ContainerStatus status;
  const auto image = [&] {
    cri::Entry entry = ContainerEntry(listed);
    AddStatus(status, kNow, entry);
    return entry.container.image;
  };
  CHECK(image() == "sha256:aa");
  status.image.name = "name-of-status";
  CHECK(image() == "name-of-status");
  listed.image.name = "name-of-list";
  CHECK(image() == "name-of-list");
  listed.image.user_specified_name = "user's-of-list";
  CHECK(image() == "user's-of-list");
  status.image.user_specified_name = "user's-of-status";
  CHECK(image() == "user's-of-status");
}

TEST_CASE("Each state of the CRI is one of Docker's") {
  cri::Entry entry = ContainerEntry();
  cri::ContainerStatus status;
  const auto state = [&](cri::ContainerState of_cri) {
    status.state = of_cri;
    AddStatus(status, kNow, entry);
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
  CHECK(cri::MakeEntries({listed}, {}).front().container.names ==
        StringList{"/k8s_nginx_p_n_u_3"});
}

TEST_CASE("Containers and sandboxes are listed together, newest first") {
  std::vector<cri::ListedContainer> containers(3, Listed());
  containers[0].id = "old";
  containers[0].created_at = kNow - 90 * kSecond;
  containers[1].id = "b";
  containers[2].id = "a";
  std::string order;
  for (const cri::Entry& entry : cri::MakeEntries(containers, {Sandbox()}))
    order += entry.container.id + " ";
  CHECK(order == "a b s1 old ");
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
    CHECK(cri::ParsePorts(annotation).empty());
  }
}

TEST_CASE("The size of a container is that of its writable layer") {
  std::vector<cri::Entry> entries = cri::MakeEntries({Listed()}, {Sandbox()});
  cri::AddStats({{"c1", 99}, {"unknown", 1}}, entries);
  CHECK(entries[0].container.size_rw == 99);
  CHECK(entries[1].container.size_rw == 0);
  cri::AddStats({{"c1", 0xFFFFFFFFFFFFFFFF}}, entries);
  CHECK(entries[0].container.size_rw == 0x7FFFFFFFFFFFFFFF);
}
