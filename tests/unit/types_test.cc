// SPDX-License-Identifier: Apache-2.0

#include "containercollector/types.h"

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "lib/src/json/fields.h"
#include "tests/support/catch.h"

using namespace containercollector;

namespace {

void Change(std::string& member) { member += "x"; }
void Change(bool& member) { member = !member; }
void Change(std::uint16_t& member) { ++member; }
void Change(std::int64_t& member) { ++member; }
void Change(ContainerHostConfig& member) { member.network_mode += "x"; }
void Change(VersionPlatform& member) { member.name += "x"; }
template <typename T>
void Change(std::optional<T>& member) {
  member.emplace();
}

/// Each member that the struct's field table lists makes a difference.
template <typename Struct>
void CheckEquality() {
  const Struct plain;
  CHECK(plain == Struct{});
  CHECK_FALSE(plain != Struct{});
  const auto check_member = [&](const auto& field) {
    CAPTURE(std::string(field.key));
    Struct changed;
    Change(changed.*field.member);
    CHECK(changed != plain);
    CHECK_FALSE(changed == plain);
    CHECK(changed == Struct(changed));
  };
  std::apply([&](const auto&... fields) { (check_member(fields), ...); },
             internal::Fields<Struct>::kTable);
}

template <typename Collection, typename = void>
struct CanTakeBegin : std::false_type {};
template <typename Collection>
struct CanTakeBegin<Collection,
                    std::void_t<decltype(std::declval<Collection>().begin())>>
    : std::true_type {};

std::vector<Container> TwoNames() {
  std::vector<Container> containers(1);
  containers.front().names =
      StringList{"/a-name-too-long-for-the-string-object", "/b"};
  return containers;
}

}  // namespace

TEST_CASE("API types are equal if every member is") {
  CheckEquality<Port>();
  CheckEquality<MountPoint>();
  CheckEquality<EndpointIPAMConfig>();
  CheckEquality<EndpointSettings>();
  CheckEquality<SummaryNetworkSettings>();
  CheckEquality<ContainerHostConfig>();
  CheckEquality<Container>();
  CheckEquality<ComponentVersion>();
  CheckEquality<VersionPlatform>();
  CheckEquality<DaemonVersion>();
}

TEST_CASE("Equality reaches into nested members") {
  Container a;
  a.network_settings.emplace().networks.emplace()["bridge"].emplace();
  Container b = a;
  CHECK(a == b);
  (*b.network_settings->networks)["bridge"]->gateway = "10.0.0.1";
  CHECK(a != b);
}

TEST_CASE("Ping results are equal if every member is") {
  std::vector<PingResult> others(4);
  others[0].api_version = "1.40";
  others[1].os_type = "linux";
  others[2].experimental = true;
  others[3].builder_version = "2";
  CHECK(PingResult{} == PingResult{});
  for (const PingResult& other : others) {
    CHECK(other != PingResult{});
    CHECK(other == PingResult(other));
  }
}

TEST_CASE("OrEmpty iterates null as empty") {
  Container container;
  CHECK_FALSE(container.labels);
  CHECK(OrEmpty(container.labels).empty());
  container.names = StringList{"/a", "/b"};
  CHECK(OrEmpty(container.names).size() == 2);
}

TEST_CASE("OrEmpty iterates a member of a temporary") {
  StringList names;
  for (const std::string& name : OrEmpty(TwoNames().front().names))
    names.push_back(name);
  CHECK(names == *TwoNames().front().names);
}

TEST_CASE("The result of OrEmpty hands out no iterator that dangles") {
  STATIC_REQUIRE(CanTakeBegin<const Elements<StringList>&>::value);
  STATIC_REQUIRE_FALSE(CanTakeBegin<Elements<StringList>>::value);
}

TEST_CASE("A state compares with its constant") {
  Container container;
  container.state = "running";
  CHECK(container.state == kStateRunning);
  CHECK(container.state != kStateExited);
}

TEST_CASE("Containers move without copying") {
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<Container>);
  STATIC_REQUIRE(std::is_nothrow_move_assignable_v<Container>);
}
