// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <string_view>

#include "containercollector/error.h"
#include "lib/src/cri/messages.h"
#include "tests/support/catch.h"
#include "tests/support/error_of.h"

using namespace containercollector;
using namespace containercollector::internal;
using namespace std::string_literals;
using test::ErrorOf;

namespace {

/// Bytes of a field with a length: a string or a message.
std::string Text(unsigned tag, const std::string& bytes) {
  std::string field;
  const auto add_varint = [&](std::size_t value) {
    for (; value >= 0x80; value >>= 7)
      field += static_cast<char>((value & 0x7F) | 0x80);
    field += static_cast<char>(value);
  };
  add_varint(tag << 3 | 2);
  add_varint(bytes.size());
  return field + bytes;
}

/// Bytes of a field with a number.
std::string Number(unsigned tag, std::uint64_t value) {
  std::string field(1, static_cast<char>(tag << 3));
  for (; value >= 0x80; value >>= 7)
    field += static_cast<char>((value & 0x7F) | 0x80);
  return field + static_cast<char>(value);
}

std::string MapEntry(unsigned tag, const std::string& key,
                     const std::string& value) {
  return Text(tag, Text(1, key) + Text(2, value));
}

std::string ErrorOfContainers(const std::string& message) {
  const Error error = ErrorOf([&] { cri::DecodeContainers(message); });
  CHECK(error.code() == ErrorCode::kResponseMalformed);
  return error.what();
}

}  // namespace

TEST_CASE("A list of containers is decoded by the numbers of the CRI") {
  const std::string container =
      Text(1, "c1") + Text(2, "s1") + Text(3, Text(1, "web") + Number(2, 4)) +
      Text(4, Text(1, "sha256:1") + Text(18, "nginx:1")) + Text(5, "sha256:2") +
      Number(6, 1) + Number(7, 1'700'000'000'123'456'789) +
      MapEntry(8, "b", "2") + MapEntry(8, "a", "1") + MapEntry(9, "n", "");
  const auto containers = cri::DecodeContainers(Text(1, container));
  REQUIRE(containers.size() == 1);
  const cri::ListedContainer& only = containers.front();
  CHECK(only.id == "c1");
  CHECK(only.sandbox_id == "s1");
  CHECK(only.name == "web");
  CHECK(only.attempt == 4);
  CHECK(only.image.name == "sha256:1");
  CHECK(only.image.user_specified_name == "nginx:1");
  CHECK(only.image_ref == "sha256:2");
  CHECK(only.state == cri::ContainerState::kRunning);
  CHECK(only.created_at == 1'700'000'000'123'456'789);
  CHECK(only.labels == StringMap{{"a", "1"}, {"b", "2"}});
  CHECK(only.annotations == StringMap{{"n", ""}});
}

TEST_CASE("A list of sandboxes is decoded by the numbers of the CRI") {
  const std::string sandbox =
      Text(1, "s1") +
      Text(2, Text(1, "pod") + Text(2, "uid") + Text(3, "ns") + Number(4, 2)) +
      Number(3, 1) + Number(4, 5) + MapEntry(5, "l", "1") +
      MapEntry(6, "a", "2");
  const auto sandboxes = cri::DecodeSandboxes(Text(1, sandbox));
  REQUIRE(sandboxes.size() == 1);
  const cri::ListedSandbox& only = sandboxes.front();
  CHECK(only.id == "s1");
  CHECK(only.pod_name == "pod");
  CHECK(only.pod_uid == "uid");
  CHECK(only.pod_namespace == "ns");
  CHECK(only.attempt == 2);
  CHECK(only.state == cri::SandboxState::kNotReady);
  CHECK(only.created_at == 5);
  CHECK(only.labels == StringMap{{"l", "1"}});
  CHECK(only.annotations == StringMap{{"a", "2"}});
}

TEST_CASE("The status of a container is decoded by the numbers of the CRI") {
  const std::string mount =
      Text(1, "/in") + Text(2, "/out") + Number(3, 1) + Number(5, 2);
  const cri::ContainerStatus status = cri::DecodeContainerStatus(Text(
      1, Number(3, 2) + Number(5, 6) + Number(6, 7) + Number(7, 137) +
             Text(8, Text(1, "nginx:1")) + Text(14, mount) + Text(15, "/log")));
  CHECK(status.state == cri::ContainerState::kExited);
  CHECK(status.started_at == 6);
  CHECK(status.finished_at == 7);
  CHECK(status.exit_code == 137);
  CHECK(status.image.name == "nginx:1");
  CHECK(status.log_path == "/log");
  REQUIRE(status.mounts.size() == 1);
  CHECK(status.mounts[0].container_path == "/in");
  CHECK(status.mounts[0].host_path == "/out");
  CHECK(status.mounts[0].read_only);
  CHECK(status.mounts[0].propagation == cri::Propagation::kBidirectional);
}

TEST_CASE("The status of a sandbox is decoded by the numbers of the CRI") {
  const std::string network = Text(2, Text(1, "fd00::1")) + Text(1, "10.0.0.1");
  const std::string node_network = Text(1, Text(2, Number(1, 2)));
  const cri::SandboxStatus status = cri::DecodeSandboxStatus(
      Text(1, Number(3, 1) + Text(5, network) + Text(6, node_network)));
  CHECK(status.state == cri::SandboxState::kNotReady);
  CHECK(status.host_network);
  CHECK(status.addresses == StringList{"10.0.0.1", "fd00::1"});
  CHECK_FALSE(cri::DecodeSandboxStatus(Text(1, "")).host_network);
}

TEST_CASE("The version and the stats are decoded by the numbers of the CRI") {
  const cri::Version version =
      cri::DecodeVersion(Text(1, "0.1.0") + Text(2, "containerd") +
                         Text(3, "1.7.24") + Text(4, "v1"));
  CHECK(version.runtime_name == "containerd");
  CHECK(version.runtime_version == "1.7.24");
  CHECK(version.runtime_api_version == "v1");
  const auto stats = cri::DecodeContainerStats(
      Text(1, Text(1, Text(1, "c1")) + Text(4, Text(3, Number(1, 99)))));
  REQUIRE(stats.size() == 1);
  CHECK(stats[0].id == "c1");
  CHECK(stats[0].writable_layer_bytes == 99);
}

TEST_CASE("Fields and values that a later CRI adds are ignored") {
  const std::string container = Text(1, "c1") + Text(99, "new") +
                                Number(6, 42) + Text(7, "a number once");
  const auto containers =
      cri::DecodeContainers(Number(9, 1) + Text(1, container));
  REQUIRE(containers.size() == 1);
  CHECK(containers[0].state == cri::ContainerState::kUnknown);
  CHECK(containers[0].created_at == 0);
  CHECK(cri::DecodeSandboxes(Text(1, Text(1, "s") + Number(3, 7)))[0].state ==
        cri::SandboxState::kNotReady);
}

TEST_CASE("An empty list is a list") {
  CHECK(cri::DecodeContainers("").empty());
  CHECK(cri::DecodeSandboxes("").empty());
  CHECK(cri::DecodeContainerStats("").empty());
}

TEST_CASE("A message that is not protobuf says where it is wrong") {
  CHECK(ErrorOfContainers("\x0A\x7F"
                          "ab"s) == "containers[0]: end of buffer exception");
  CHECK(ErrorOfContainers(Text(1, Text(1, "c")) + Text(1, Number(6, 1))) ==
        "containers[1]: it has no id");
  CHECK(ErrorOfContainers("\xFF") == "message: end of buffer exception");
  CHECK(ErrorOfContainers("\x0B") ==
        "message: unknown pbf field type exception");
  CHECK(ErrorOfContainers(std::string(11, '\xFF')) ==
        "message: varint too long exception");
  CHECK(std::string(ErrorOf([] {
                      cri::DecodeContainerStatus(Text(2, "x"));
                    }).what()) == "status: it is missing");
  CHECK(std::string(ErrorOf([] {
                      cri::DecodeContainerStatus(Text(1, Text(14, "\x0A")));
                    }).what()) == "mounts[0]: end of buffer exception");
}

TEST_CASE("A small message of very many entries is malformed") {
  std::string message;
  for (int i = 0; i < 100'000; ++i) message += Text(1, Text(1, "c"));
  const std::string error = ErrorOfContainers(message);
  CHECK(error.find("]: too many entries for the size of the message") !=
        std::string::npos);
  std::string labels;
  for (int i = 0; i < 100'000; ++i) labels += Text(8, "");
  CHECK(ErrorOfContainers(Text(1, Text(1, "c") + labels)) ==
        "containers[0]: too many entries for the size of the message");
}

TEST_CASE("A request names its container") {
  CHECK(cri::EncodeId("abc") ==
        "\x0A\x03"
        "abc"s);
}
