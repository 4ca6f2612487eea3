// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <limits>
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

/// Decodes with a budget that is not exceeded.
template <typename Message>
Message Decoded(Message (*decode)(std::string_view, cri::Budget&),
                std::string_view message) {
  cri::Budget budget(std::numeric_limits<std::size_t>::max());
  return decode(message, budget);
}

std::string ErrorOfContainers(const std::string& message) {
  const Error error = ErrorOf([&] { Decoded(cri::DecodeContainers, message); });
  CHECK(error.code() == ErrorCode::kResponseMalformed);
  return error.what();
}

}  // namespace

TEST_CASE("A list of containers is decoded by the numbers of the CRI") {
  const std::string container =
      Text(1, "c1") + Text(2, "s1") + Text(3, Text(1, "web") + Number(2, 4)) +
      Text(4, Text(1, "sha256:1") + Text(18, "nginx:1")) + Text(5, "sha256:2") +
      Number(6, 1) + Number(7, 1'700'000'000'123'456'789) +
      MapEntry(8, "b", "2") + MapEntry(8, "a", "1") + MapEntry(9, "n", "") +
      Text(10, "sha256:3");
  const auto containers = Decoded(cri::DecodeContainers, Text(1, container));
  REQUIRE(containers.size() == 1);
  const cri::ListedContainer& only = containers.front();
  CHECK(only.id == "c1");
  CHECK(only.sandbox_id == "s1");
  CHECK(only.metadata.name == "web");
  CHECK(only.metadata.attempt == 4);
  CHECK(only.image.image == "sha256:1");
  CHECK(only.image.user_specified_image == "nginx:1");
  CHECK(only.image_ref == "sha256:2");
  CHECK(only.image_id == "sha256:3");
  CHECK(only.state == cri::ContainerState::kRunning);
  CHECK(only.created_at == 1'700'000'000'123'456'789);
  CHECK(only.labels == cri::Pairs{{"b", "2"}, {"a", "1"}});
  CHECK(only.annotations == cri::Pairs{{"n", ""}});
}

TEST_CASE("A list of sandboxes is decoded by the numbers of the CRI") {
  const std::string sandbox =
      Text(1, "s1") +
      Text(2, Text(1, "pod") + Text(2, "uid") + Text(3, "ns") + Number(4, 2)) +
      Number(3, 1) + Number(4, 5) + MapEntry(5, "l", "1") +
      MapEntry(6, "a", "2");
  const auto sandboxes = Decoded(cri::DecodeSandboxes, Text(1, sandbox));
  REQUIRE(sandboxes.size() == 1);
  const cri::ListedSandbox& only = sandboxes.front();
  CHECK(only.id == "s1");
  CHECK(only.metadata.name == "pod");
  CHECK(only.metadata.uid == "uid");
  CHECK(only.metadata.pod_namespace == "ns");
  CHECK(only.metadata.attempt == 2);
  CHECK(only.state == cri::SandboxState::kNotReady);
  CHECK(only.created_at == 5);
  CHECK(only.labels == cri::Pairs{{"l", "1"}});
  CHECK(only.annotations == cri::Pairs{{"a", "2"}});
}

TEST_CASE("The status of a container is decoded by the numbers of the CRI") {
  const std::string mount =
      Text(1, "/in") + Text(2, "/out") + Number(3, 1) + Number(5, 2);
  const std::string message =
      MapEntry(2, "other", "x") + MapEntry(2, "info", "{}") +
      Text(1, Number(3, 2) + Number(5, 6) + Number(6, 7) + Number(7, 137) +
                  Text(8, Text(1, "nginx:1")) + Text(14, mount) +
                  Text(15, "/log"));
  const auto response = Decoded(cri::DecodeContainerStatus, message);
  CHECK(response.Info() == "{}");
  const cri::ContainerStatus& status = *response.status;
  CHECK(status.state == cri::ContainerState::kExited);
  CHECK(status.started_at == 6);
  CHECK(status.finished_at == 7);
  CHECK(status.exit_code == 137);
  CHECK(status.image.image == "nginx:1");
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
  const auto response =
      Decoded(cri::DecodeSandboxStatus,
              Text(1, Number(3, 1) + Text(5, network) + Text(6, node_network)));
  CHECK(response.Info().empty());
  const cri::SandboxStatus& status = *response.status;
  CHECK(status.state == cri::SandboxState::kNotReady);
  CHECK(status.host_network());
  CHECK(status.network.ip == "10.0.0.1");
  REQUIRE(status.network.additional_ips.size() == 1);
  CHECK(status.network.additional_ips[0].ip == "fd00::1");
  CHECK_FALSE(
      Decoded(cri::DecodeSandboxStatus, Text(1, "")).status->host_network());
}

TEST_CASE("The version and the stats are decoded by the numbers of the CRI") {
  const cri::Version version =
      Decoded(cri::DecodeVersion, Text(1, "0.1.0") + Text(2, "containerd") +
                                      Text(3, "1.7.24") + Text(4, "v1"));
  CHECK(version.runtime_name == "containerd");
  CHECK(version.runtime_version == "1.7.24");
  CHECK(version.runtime_api_version == "v1");
  const auto stats = Decoded(
      cri::DecodeContainerStats,
      Text(1, Text(1, Text(1, "c1")) + Text(4, Text(3, Number(1, 99)))));
  REQUIRE(stats.size() == 1);
  CHECK(stats[0].attributes.id == "c1");
  CHECK(stats[0].writable_layer.used_bytes.value == 99);
}

TEST_CASE("Fields and values that a later CRI adds are ignored") {
  const std::string container = Text(1, "c1") + Text(99, "new") +
                                Number(6, 42) + Text(7, "a number once");
  const auto containers =
      Decoded(cri::DecodeContainers, Number(9, 1) + Text(1, container));
  REQUIRE(containers.size() == 1);
  CHECK(containers[0].state == cri::ContainerState::kUnknown);
  CHECK(containers[0].created_at == 0);
  const std::string sandbox = Text(1, "s") + Number(3, 7);
  CHECK(Decoded(cri::DecodeSandboxes, Text(1, sandbox))[0].state ==
        cri::SandboxState::kNotReady);
}

TEST_CASE("An empty list is a list") {
  CHECK(Decoded(cri::DecodeContainers, "").empty());
  CHECK(Decoded(cri::DecodeSandboxes, "").empty());
  CHECK(Decoded(cri::DecodeContainerStats, "").empty());
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
                      Decoded(cri::DecodeContainerStatus, Text(3, "x"));
                    }).what()) == "status: it is missing");
  CHECK(std::string(ErrorOf([] {
                      Decoded(cri::DecodeContainerStatus,
                              Text(1, Text(14, "\x0A")));
                    }).what()) == "status: end of buffer exception");
}

TEST_CASE("What a message describes is charged before it is built") {
  struct Case {
    const char* what;
    void (*decode)(std::string_view, cri::Budget&);
    std::string message;
    std::size_t bytes;  ///< That it takes at least.
  };
  const auto decode_lists = [](std::string_view message, cri::Budget& budget) {
    cri::DecodeContainers(message, budget);
  };
  const auto decode_container = [](std::string_view message,
                                   cri::Budget& budget) {
    cri::DecodeContainerStatus(message, budget);
  };
  const auto decode_sandbox = [](std::string_view message,
                                 cri::Budget& budget) {
    cri::DecodeSandboxStatus(message, budget);
  };
  const std::string empty_mount = Text(14, "");
  const std::string ip = Text(2, "");
  for (const Case& one :
       {Case{"entries", decode_lists, Text(1, Text(1, "c")),
             3 * sizeof(cri::ListedContainer) + 1},
        Case{"labels", decode_lists,
             Text(1, Text(1, "c") + Text(8, "") + Text(9, "")),
             3 * (sizeof(cri::ListedContainer) +
                  2 * sizeof(cri::Pairs::value_type)) +
                 1},
        Case{"mounts", decode_container, Text(1, empty_mount + empty_mount),
             6 * sizeof(cri::Mount)},
        Case{"paths", decode_container,
             Text(1, Text(14, Text(1, "/in") + Text(2, "/out"))),
             3 * sizeof(cri::Mount) + 7},
        Case{"addresses", decode_sandbox, Text(1, Text(5, ip + ip)),
             6 * sizeof(cri::PodIp)},
        Case{"an address again", decode_sandbox,
             Text(1, Text(5, Text(1, "10.0.0.1") + Text(1, "10.0.0.2"))), 16},
        Case{"info", decode_container, Text(1, "") + MapEntry(2, "info", "{}"),
             6 * sizeof(std::string_view)}}) {
    CAPTURE(one.what);
    cri::Budget just_enough(one.bytes);
    CHECK_NOTHROW(one.decode(one.message, just_enough));
    cri::Budget too_little(one.bytes - 1);
    CHECK_THROWS_AS(one.decode(one.message, too_little), cri::BudgetError);
  }
}

TEST_CASE("A repeated field counts once: the last value, or all entries") {
  const auto status = Decoded(
      cri::DecodeSandboxStatus,
      Text(1, Text(5, Text(1, "a") + Text(1, "b") + Text(2, Text(1, "c"))) +
                  Text(5, Text(2, Text(1, "d")))));
  CHECK(status.status->network.ip == "b");
  CHECK(status.status->network.additional_ips.size() == 2);
}

TEST_CASE("A request names what it asks for") {
  CHECK(cri::EncodeStatusRequest("abc", false) == Text(1, "abc"));
  CHECK(cri::EncodeStatusRequest("abc", true) == Text(1, "abc") + Number(2, 1));
  CHECK(cri::EncodeListContainers({}).empty());
  CHECK(cri::EncodeListContainers(
            {"id", cri::ContainerState::kExited, {{"k", "v"}}}) ==
        Text(1, Text(1, "id") + Text(2, Number(1, 2)) + MapEntry(4, "k", "v")));
  CHECK(cri::EncodeListSandboxes({}).empty());
  CHECK(cri::EncodeListSandboxes(cri::SandboxState::kNotReady) ==
        Text(1, Text(2, Number(1, 1))));
}
