// SPDX-License-Identifier: Apache-2.0

/// @file
/// The node's containers, as the Docker API describes them.
///
/// Each struct mirrors one Go struct of moby v19.03.15 (API version 1.40), with
/// the members in the same order. Unless a comment names the JSON key, it is
/// the Go name of the member.
///
/// A Go slice, map or pointer that can be nil is a std::optional, which keeps
/// JSON null distinct from empty. OrEmpty() iterates over either.
///
/// Plain value types. Thread-safety: concurrent reads are safe.
#ifndef CONTAINERCOLLECTOR_TYPES_H_
#define CONTAINERCOLLECTOR_TYPES_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "containercollector/sorted_map.h"

namespace containercollector {

/// Go's `map[string]string`.
using StringMap = SortedMap<std::string>;

/// Go's `[]string`.
using StringList = std::vector<std::string>;

/// Returns the elements of a collection that may be null; none if it is null.
/// To read one label, use FindLabel().
/// @code
/// for (const auto& [key, value] : OrEmpty(container.labels))
///   std::cout << key << "=" << value << "\n";
/// @endcode
///
/// Returns a copy, because a reference would dangle in
/// `OrEmpty(client.ListContainers().front().names)`. To avoid the copy, test
/// and dereference the optional.
template <typename Collection>
[[nodiscard]] Collection OrEmpty(std::optional<Collection> collection) {
  return collection ? *std::move(collection) : Collection{};
}

/// The states of a container (Container::state). They are strings rather than
/// an enumeration, because a daemon may send others.
inline constexpr std::string_view kStateCreated = "created";
inline constexpr std::string_view kStateRunning = "running";
inline constexpr std::string_view kStatePaused = "paused";
inline constexpr std::string_view kStateRestarting = "restarting";
inline constexpr std::string_view kStateRemoving = "removing";
inline constexpr std::string_view kStateExited = "exited";
inline constexpr std::string_view kStateDead = "dead";

/// A port of a container. Mirrors moby v19.03.15 api/types/port.go, Port.
struct Port {
  /// Host address; empty if the port is not published. Key `IP`.
  std::string ip;
  std::uint16_t private_port = 0;  ///< Port inside the container.
  std::uint16_t public_port = 0;   ///< Port on the host; 0 if not published.
  std::string type;                ///< "tcp", "udp" or "sctp".
};

/// A mount of a container. Mirrors moby v19.03.15 api/types/types.go,
/// MountPoint.
struct MountPoint {
  std::string type;         ///< "bind", "volume", "tmpfs" or "npipe".
  std::string name;         ///< Volume name; empty for other types.
  std::string source;       ///< Path on the host.
  std::string destination;  ///< Path in the container.
  std::string driver;       ///< Volume driver; empty for other types.
  std::string mode;         ///< Mount options, e.g. "ro,z".
  bool rw = false;          ///< Whether the container may write. Key `RW`.
  std::string propagation;  ///< "rprivate", "rslave", …
};

/// Addresses configured by the user. Mirrors moby v19.03.15
/// api/types/network/network.go, EndpointIPAMConfig.
struct EndpointIPAMConfig {
  std::string ipv4_address;                  ///< Key `IPv4Address`.
  std::string ipv6_address;                  ///< Key `IPv6Address`.
  std::optional<StringList> link_local_ips;  ///< Key `LinkLocalIPs`.
};

/// A container's attachment to a network. Mirrors moby v19.03.15
/// api/types/network/network.go, EndpointSettings.
struct EndpointSettings {
  std::optional<EndpointIPAMConfig> ipam_config;  ///< Key `IPAMConfig`.
  std::optional<StringList> links;
  std::optional<StringList> aliases;
  std::string network_id;   ///< Key `NetworkID`.
  std::string endpoint_id;  ///< Key `EndpointID`.
  std::string gateway;
  std::string ip_address;           ///< Key `IPAddress`.
  std::int64_t ip_prefix_len = 0;   ///< Bits. Key `IPPrefixLen`.
  std::string ipv6_gateway;         ///< Key `IPv6Gateway`.
  std::string global_ipv6_address;  ///< Key `GlobalIPv6Address`.
  std::int64_t global_ipv6_prefix_len =
      0;  ///< Bits. Key `GlobalIPv6PrefixLen`.
  std::string mac_address;
  std::optional<StringMap> driver_opts;
};

/// Mirrors moby v19.03.15 api/types/types.go, SummaryNetworkSettings.
struct SummaryNetworkSettings {
  /// Networks by name. A value is null if the daemon sent null.
  std::optional<SortedMap<std::optional<EndpointSettings>>> networks;
};

/// Mirrors the unnamed struct of Container's member HostConfig.
struct ContainerHostConfig {
  /// "bridge", "host", "none", "container:<id>" or a network name.
  std::string network_mode;
};

/// A container. Mirrors moby v19.03.15 api/types/types.go, Container. See
/// accessors.h for its name, creation time and pod.
struct Container {
  std::string id;  ///< 64 hexadecimal digits. Key `Id`.
  /// Each begins with "/". Links add names such as "/other/alias".
  std::optional<StringList> names;
  std::string image;     ///< Image as named at creation.
  std::string image_id;  ///< Key `ImageID`.
  std::string command;
  std::int64_t created = 0;  ///< Seconds since 1970-01-01 UTC.
  std::optional<std::vector<Port>> ports;
  /// Bytes that the container has written; 0 unless ListOptions::size is set.
  std::int64_t size_rw = 0;
  /// Bytes of all its files; 0 unless ListOptions::size is set.
  std::int64_t size_root_fs = 0;
  std::optional<StringMap> labels;
  std::string state;   ///< kStateRunning, kStateExited, …
  std::string status;  ///< Text for people, e.g. "Up 3 hours (healthy)".
  ContainerHostConfig host_config;
  std::optional<SummaryNetworkSettings> network_settings;
  std::optional<std::vector<MountPoint>> mounts;
};

/// Called with one container at a time. It may move from the container, which
/// is destroyed after the call. If it throws, the iteration ends and the
/// exception reaches the caller.
using ContainerVisitor = std::function<void(Container& container)>;

/// The response to a ping. Mirrors moby v19.03.15 api/types/types.go, Ping.
struct PingResult {
  /// Newest API version that the daemon accepts; empty if it sent none.
  std::string api_version;
  std::string os_type;          ///< "linux" or "windows"; empty if not sent.
  bool experimental = false;    ///< Whether experimental features are on.
  std::string builder_version;  ///< "1" or "2"; empty if not sent.
};

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_TYPES_H_
