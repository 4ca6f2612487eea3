// SPDX-License-Identifier: Apache-2.0

#include "containercollector/types.h"

#include <tuple>

#include "lib/src/json/fields.h"

namespace containercollector {
namespace {

/// Compares the members that the struct's field table lists, which is all of
/// them.
template <typename Struct>
bool EqualInEveryField(const Struct& a, const Struct& b) {
  return std::apply(
      [&](const auto&... fields) {
        return ((a.*fields.member == b.*fields.member) && ...);
      },
      internal::Fields<Struct>::kTable);
}

}  // namespace

bool operator==(const Port& a, const Port& b) {
  return EqualInEveryField(a, b);
}
bool operator==(const MountPoint& a, const MountPoint& b) {
  return EqualInEveryField(a, b);
}
bool operator==(const EndpointIPAMConfig& a, const EndpointIPAMConfig& b) {
  return EqualInEveryField(a, b);
}
bool operator==(const EndpointSettings& a, const EndpointSettings& b) {
  return EqualInEveryField(a, b);
}
bool operator==(const SummaryNetworkSettings& a,
                const SummaryNetworkSettings& b) {
  return EqualInEveryField(a, b);
}
bool operator==(const ContainerHostConfig& a, const ContainerHostConfig& b) {
  return EqualInEveryField(a, b);
}
bool operator==(const Container& a, const Container& b) {
  return EqualInEveryField(a, b);
}
bool operator==(const ComponentVersion& a, const ComponentVersion& b) {
  return EqualInEveryField(a, b);
}
bool operator==(const VersionPlatform& a, const VersionPlatform& b) {
  return EqualInEveryField(a, b);
}
bool operator==(const DaemonVersion& a, const DaemonVersion& b) {
  return EqualInEveryField(a, b);
}

// A ping is read from headers, so it has no field table.
bool operator==(const PingResult& a, const PingResult& b) {
  return std::tie(a.api_version, a.os_type, a.experimental,
                  a.builder_version) ==
         std::tie(b.api_version, b.os_type, b.experimental, b.builder_version);
}

}  // namespace containercollector
