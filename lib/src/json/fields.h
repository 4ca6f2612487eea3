// SPDX-License-Identifier: Apache-2.0
/// The JSON fields of each struct, in the order of the Go struct that it
/// mirrors. One table serves both directions.
#ifndef CONTAINERCOLLECTOR_SRC_JSON_FIELDS_H_
#define CONTAINERCOLLECTOR_SRC_JSON_FIELDS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "containercollector/types.h"

namespace containercollector::internal {

/// The body of a daemon's error response. Mirrors moby v19.03.15
/// api/types/error_response.go, ErrorResponse.
struct ErrorResponse {
  std::string message;
};

/// The response to `GET /version`, reduced to the fields that are used. Mirrors
/// moby v19.03.15 api/types/types.go, Version.
struct DaemonVersion {
  std::string api_version;      ///< The newest that the daemon accepts.
  std::string min_api_version;  ///< The oldest that the daemon accepts.
};

/// A port in the annotation that the kubelet adds to containers. Mirrors
/// ContainerPort of the Kubernetes API.
struct KubeletPort {
  std::uint16_t host_port = 0;
  std::uint16_t container_port = 0;
  std::string protocol;
  std::string host_ip;
};

/// What a CRI runtime adds to a verbose status, reduced to the fields that are
/// used. Mirrors what containerd and CRI-O write.
struct RuntimeProcess {
  std::optional<StringList> args;
};
struct RuntimeSpec {
  RuntimeProcess process;
};
struct RuntimeInfo {
  std::string image;  ///< Sandboxes only.
  RuntimeSpec runtime_spec;
};

template <typename Struct, typename Member>
struct Field {
  std::string_view key;
  Member Struct::* member;
  bool omit_empty;
};

template <typename Struct, typename Member>
constexpr Field<Struct, Member> Always(std::string_view key,
                                       Member Struct::* member) {
  return {key, member, false};
}

/// Go's `omitempty`: omitted if zero, null or empty.
template <typename Struct, typename Member>
constexpr Field<Struct, Member> OmitEmpty(std::string_view key,
                                          Member Struct::* member) {
  return {key, member, true};
}

/// The fields of a struct; null for other types.
template <typename T>
inline constexpr auto kFields = nullptr;

template <typename T>
inline constexpr bool kHasFields =
    !std::is_same_v<decltype(kFields<T>), const std::nullptr_t>;

template <>
inline constexpr auto kFields<Port> = std::make_tuple(
    OmitEmpty("IP", &Port::ip), Always("PrivatePort", &Port::private_port),
    OmitEmpty("PublicPort", &Port::public_port), Always("Type", &Port::type));

template <>
inline constexpr auto kFields<MountPoint> = std::make_tuple(
    OmitEmpty("Type", &MountPoint::type), OmitEmpty("Name", &MountPoint::name),
    Always("Source", &MountPoint::source),
    Always("Destination", &MountPoint::destination),
    OmitEmpty("Driver", &MountPoint::driver), Always("Mode", &MountPoint::mode),
    Always("RW", &MountPoint::rw),
    Always("Propagation", &MountPoint::propagation));

template <>
inline constexpr auto kFields<EndpointIPAMConfig> = std::make_tuple(
    OmitEmpty("IPv4Address", &EndpointIPAMConfig::ipv4_address),
    OmitEmpty("IPv6Address", &EndpointIPAMConfig::ipv6_address),
    OmitEmpty("LinkLocalIPs", &EndpointIPAMConfig::link_local_ips));

template <>
inline constexpr auto kFields<EndpointSettings> = std::make_tuple(
    Always("IPAMConfig", &EndpointSettings::ipam_config),
    Always("Links", &EndpointSettings::links),
    Always("Aliases", &EndpointSettings::aliases),
    Always("NetworkID", &EndpointSettings::network_id),
    Always("EndpointID", &EndpointSettings::endpoint_id),
    Always("Gateway", &EndpointSettings::gateway),
    Always("IPAddress", &EndpointSettings::ip_address),
    Always("IPPrefixLen", &EndpointSettings::ip_prefix_len),
    Always("IPv6Gateway", &EndpointSettings::ipv6_gateway),
    Always("GlobalIPv6Address", &EndpointSettings::global_ipv6_address),
    Always("GlobalIPv6PrefixLen", &EndpointSettings::global_ipv6_prefix_len),
    Always("MacAddress", &EndpointSettings::mac_address),
    Always("DriverOpts", &EndpointSettings::driver_opts));

template <>
inline constexpr auto kFields<SummaryNetworkSettings> =
    std::make_tuple(Always("Networks", &SummaryNetworkSettings::networks));

template <>
inline constexpr auto kFields<ContainerHostConfig> = std::make_tuple(
    OmitEmpty("NetworkMode", &ContainerHostConfig::network_mode));

template <>
inline constexpr auto kFields<Container> = std::make_tuple(
    Always("Id", &Container::id), Always("Names", &Container::names),
    Always("Image", &Container::image), Always("ImageID", &Container::image_id),
    Always("Command", &Container::command),
    Always("Created", &Container::created), Always("Ports", &Container::ports),
    OmitEmpty("SizeRw", &Container::size_rw),
    OmitEmpty("SizeRootFs", &Container::size_root_fs),
    Always("Labels", &Container::labels), Always("State", &Container::state),
    Always("Status", &Container::status),
    Always("HostConfig", &Container::host_config),
    Always("NetworkSettings", &Container::network_settings),
    Always("Mounts", &Container::mounts));

template <>
inline constexpr auto kFields<DaemonVersion> =
    std::make_tuple(Always("ApiVersion", &DaemonVersion::api_version),
                    Always("MinAPIVersion", &DaemonVersion::min_api_version));

template <>
inline constexpr auto kFields<ErrorResponse> =
    std::make_tuple(Always("message", &ErrorResponse::message));

template <>
inline constexpr auto kFields<RuntimeProcess> =
    std::make_tuple(Always("args", &RuntimeProcess::args));

template <>
inline constexpr auto kFields<RuntimeSpec> =
    std::make_tuple(Always("process", &RuntimeSpec::process));

template <>
inline constexpr auto kFields<RuntimeInfo> =
    std::make_tuple(Always("image", &RuntimeInfo::image),
                    Always("runtimeSpec", &RuntimeInfo::runtime_spec));

template <>
inline constexpr auto kFields<KubeletPort> =
    std::make_tuple(Always("hostPort", &KubeletPort::host_port),
                    Always("containerPort", &KubeletPort::container_port),
                    Always("protocol", &KubeletPort::protocol),
                    Always("hostIP", &KubeletPort::host_ip));

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_JSON_FIELDS_H_
