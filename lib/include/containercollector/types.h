// SPDX-License-Identifier: Apache-2.0

/// @file
/// The containers of a node as the Docker API describes them: moby v19.03.15,
/// API version 1.40, one struct for each Go struct, members in the same order.
///
/// A Go slice, map or pointer that can be nil is a std::optional, so that JSON
/// null and empty stay apart; OrEmpty() iterates one without asking which.
/// Where no key is named, the JSON key is the Go name of the member (`image_id`
/// is `ImageID`). Plain value types: safe to read from many threads.
#ifndef CONTAINERCOLLECTOR_TYPES_H_
#define CONTAINERCOLLECTOR_TYPES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "containercollector/sorted_map.h"

namespace containercollector {

/// Go's `map[string]string`.
using StringMap = SortedMap<std::string>;

/// Go's `[]string`.
using StringList = std::vector<std::string>;

/// What `collection` holds, or an empty one where it is null:
/// `for (const auto& [key, value] : OrEmpty(container.labels))`.
template <typename Collection>
const Collection& OrEmpty(
    const std::optional<Collection>& collection) noexcept {
  static const Collection kEmpty{};
  return collection ? *collection : kEmpty;
}

/// A temporary would be gone before its elements are read.
template <typename Collection>
const Collection& OrEmpty(const std::optional<Collection>&& collection) =
    delete;

/// A port of a container. Mirrors moby v19.03.15 api/types/port.go, Port.
struct Port {
  std::string
      ip;  ///< Host address, empty where the port is not published. Key `IP`.
  std::uint16_t private_port = 0;  ///< Port inside the container.
  std::uint16_t public_port =
      0;             ///< Port on the host, 0 where it is not published.
  std::string type;  ///< "tcp", "udp" or "sctp".
};

/// A mount of a container. Mirrors moby v19.03.15 api/types/types.go,
/// MountPoint.
struct MountPoint {
  std::string type;         ///< "bind", "volume", "tmpfs" or "npipe".
  std::string name;         ///< Name of the volume, else empty.
  std::string source;       ///< Path on the host.
  std::string destination;  ///< Path in the container.
  std::string driver;       ///< Driver of the volume, else empty.
  std::string mode;         ///< Mount options, e.g. "ro,z".
  bool rw = false;          ///< Whether the container may write. Key `RW`.
  std::string propagation;  ///< "rprivate", "rslave", …
};

/// Addresses asked for by the user. Mirrors moby v19.03.15
/// api/types/network/network.go, EndpointIPAMConfig.
struct EndpointIPAMConfig {
  std::string ipv4_address;                  ///< Key `IPv4Address`.
  std::string ipv6_address;                  ///< Key `IPv6Address`.
  std::optional<StringList> link_local_ips;  ///< Key `LinkLocalIPs`.
};

/// A container's end of a network. Mirrors moby v19.03.15
/// api/types/network/network.go, EndpointSettings.
struct EndpointSettings {
  std::optional<EndpointIPAMConfig> ipam_config;  ///< Key `IPAMConfig`.
  std::optional<StringList> links;
  std::optional<StringList> aliases;
  std::string network_id;   ///< Key `NetworkID`.
  std::string endpoint_id;  ///< Key `EndpointID`.
  std::string gateway;
  std::string ip_address;           ///< Key `IPAddress`.
  std::int64_t ip_prefix_len = 0;   ///< In bits. Key `IPPrefixLen`.
  std::string ipv6_gateway;         ///< Key `IPv6Gateway`.
  std::string global_ipv6_address;  ///< Key `GlobalIPv6Address`.
  std::int64_t global_ipv6_prefix_len =
      0;  ///< In bits. Key `GlobalIPv6PrefixLen`.
  std::string mac_address;
  std::optional<StringMap> driver_opts;
};

/// Mirrors moby v19.03.15 api/types/types.go, SummaryNetworkSettings.
struct SummaryNetworkSettings {
  /// Networks by name; a value is null where the daemon says null.
  std::optional<SortedMap<std::optional<EndpointSettings>>> networks;
};

/// Mirrors the unnamed struct of the member HostConfig of Container.
struct ContainerHostConfig {
  std::string network_mode;  ///< "bridge", "host", "none", "container:<id>" or
                             ///< the name of a network.
};

/// A container of the node. Mirrors moby v19.03.15 api/types/types.go,
/// Container.
struct Container {
  std::string id;  ///< 64 hexadecimal digits. Key `Id`.
  std::optional<StringList>
      names;  ///< Each begins with "/"; links add names such as "/other/alias".
  std::string image;     ///< Image as it was named at creation.
  std::string image_id;  ///< Key `ImageID`.
  std::string command;
  std::int64_t created = 0;  ///< Seconds since 1970-01-01 UTC.
  std::optional<std::vector<Port>> ports;
  std::int64_t size_rw =
      0;  ///< Bytes written by the container; 0 unless sizes were asked for.
  std::int64_t size_root_fs =
      0;  ///< Bytes of all its files; 0 unless sizes were asked for.
  std::optional<StringMap> labels;
  std::string state;   ///< "created", "running", "paused", "restarting",
                       ///< "removing", "exited" or "dead".
  std::string status;  ///< For people, e.g. "Up 3 hours (healthy)".
  ContainerHostConfig host_config;
  std::optional<SummaryNetworkSettings> network_settings;
  std::optional<std::vector<MountPoint>> mounts;
};

/// A part of the daemon. Mirrors moby v19.03.15 api/types/types.go,
/// ComponentVersion.
struct ComponentVersion {
  std::string name;
  std::string version;
  std::optional<StringMap> details;
};

/// Mirrors the unnamed struct of the member Platform of Version.
struct VersionPlatform {
  std::string name;
};

/// What the daemon says of itself. Mirrors moby v19.03.15 api/types/types.go,
/// Version.
struct DaemonVersion {
  VersionPlatform platform;
  std::optional<std::vector<ComponentVersion>> components;
  std::string version;      ///< Version of the engine, e.g. "20.10.24".
  std::string api_version;  ///< Newest API version it takes, e.g. "1.41". Key
                            ///< `ApiVersion`.
  std::string min_api_version;  ///< Oldest API version it takes, e.g. "1.12".
                                ///< Key `MinAPIVersion`.
  std::string git_commit;
  std::string go_version;
  std::string os;
  std::string arch;
  std::string kernel_version;
  bool experimental = false;
  std::string build_time;
};

/// What the daemon says to a ping. Mirrors moby v19.03.15 api/types/types.go,
/// Ping.
struct PingResult {
  std::string api_version;  ///< Newest API version the daemon takes; empty
                            ///< where it did not say.
  std::string os_type;  ///< "linux" or "windows"; empty where it did not say.
  bool experimental = false;    ///< Whether experimental features are on.
  std::string builder_version;  ///< "1" or "2"; empty where it did not say.
};

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_TYPES_H_
