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
  bool omit_empty = false;
};
template <typename Struct, typename Member>
Field(std::string_view, Member Struct::*, bool = false)
    -> Field<Struct, Member>;

/// Go's `omitempty`: omitted if zero, null or empty.
inline constexpr bool kOmitEmpty = true;

/// The fields of a struct; null for other types.
template <typename T>
inline constexpr auto kFields = nullptr;

template <typename T>
inline constexpr bool kHasFields =
    !std::is_same_v<decltype(kFields<T>), const std::nullptr_t>;

template <>
inline constexpr auto kFields<Port> =
    std::make_tuple(Field{"IP", &Port::ip, kOmitEmpty},
                    Field{"PrivatePort", &Port::private_port},
                    Field{"PublicPort", &Port::public_port, kOmitEmpty},
                    Field{"Type", &Port::type});

template <>
inline constexpr auto kFields<MountPoint> = std::make_tuple(
    Field{"Type", &MountPoint::type, kOmitEmpty},
    Field{"Name", &MountPoint::name, kOmitEmpty},
    Field{"Source", &MountPoint::source},
    Field{"Destination", &MountPoint::destination},
    Field{"Driver", &MountPoint::driver, kOmitEmpty},
    Field{"Mode", &MountPoint::mode}, Field{"RW", &MountPoint::rw},
    Field{"Propagation", &MountPoint::propagation});

template <>
inline constexpr auto kFields<EndpointIPAMConfig> = std::make_tuple(
    Field{"IPv4Address", &EndpointIPAMConfig::ipv4_address, kOmitEmpty},
    Field{"IPv6Address", &EndpointIPAMConfig::ipv6_address, kOmitEmpty},
    Field{"LinkLocalIPs", &EndpointIPAMConfig::link_local_ips, kOmitEmpty});

template <>
inline constexpr auto kFields<EndpointSettings> = std::make_tuple(
    Field{"IPAMConfig", &EndpointSettings::ipam_config},
    Field{"Links", &EndpointSettings::links},
    Field{"Aliases", &EndpointSettings::aliases},
    Field{"NetworkID", &EndpointSettings::network_id},
    Field{"EndpointID", &EndpointSettings::endpoint_id},
    Field{"Gateway", &EndpointSettings::gateway},
    Field{"IPAddress", &EndpointSettings::ip_address},
    Field{"IPPrefixLen", &EndpointSettings::ip_prefix_len},
    Field{"IPv6Gateway", &EndpointSettings::ipv6_gateway},
    Field{"GlobalIPv6Address", &EndpointSettings::global_ipv6_address},
    Field{"GlobalIPv6PrefixLen", &EndpointSettings::global_ipv6_prefix_len},
    Field{"MacAddress", &EndpointSettings::mac_address},
    Field{"DriverOpts", &EndpointSettings::driver_opts});

template <>
inline constexpr auto kFields<SummaryNetworkSettings> =
    std::make_tuple(Field{"Networks", &SummaryNetworkSettings::networks});

template <>
inline constexpr auto kFields<ContainerHostConfig> = std::make_tuple(
    Field{"NetworkMode", &ContainerHostConfig::network_mode, kOmitEmpty});

template <>
inline constexpr auto kFields<Container> = std::make_tuple(
    Field{"Id", &Container::id}, Field{"Names", &Container::names},
    Field{"Image", &Container::image}, Field{"ImageID", &Container::image_id},
    Field{"Command", &Container::command},
    Field{"Created", &Container::created}, Field{"Ports", &Container::ports},
    Field{"SizeRw", &Container::size_rw, kOmitEmpty},
    Field{"SizeRootFs", &Container::size_root_fs, kOmitEmpty},
    Field{"Labels", &Container::labels}, Field{"State", &Container::state},
    Field{"Status", &Container::status},
    Field{"HostConfig", &Container::host_config},
    Field{"NetworkSettings", &Container::network_settings},
    Field{"Mounts", &Container::mounts});

template <>
inline constexpr auto kFields<DaemonVersion> =
    std::make_tuple(Field{"ApiVersion", &DaemonVersion::api_version},
                    Field{"MinAPIVersion", &DaemonVersion::min_api_version});

template <>
inline constexpr auto kFields<ErrorResponse> =
    std::make_tuple(Field{"message", &ErrorResponse::message});

template <>
inline constexpr auto kFields<RuntimeProcess> =
    std::make_tuple(Field{"args", &RuntimeProcess::args});

template <>
inline constexpr auto kFields<RuntimeSpec> =
    std::make_tuple(Field{"process", &RuntimeSpec::process});

template <>
inline constexpr auto kFields<RuntimeInfo> =
    std::make_tuple(Field{"image", &RuntimeInfo::image},
                    Field{"runtimeSpec", &RuntimeInfo::runtime_spec});

template <>
inline constexpr auto kFields<KubeletPort> =
    std::make_tuple(Field{"hostPort", &KubeletPort::host_port},
                    Field{"containerPort", &KubeletPort::container_port},
                    Field{"protocol", &KubeletPort::protocol},
                    Field{"hostIP", &KubeletPort::host_ip});

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_JSON_FIELDS_H_
