// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/containers.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "containercollector/accessors.h"
#include "lib/src/cri/status_text.h"
#include "lib/src/json/decoder.h"
#include "lib/src/json/fields.h"

namespace containercollector::internal::cri {
namespace {

constexpr std::string_view kAnnotationPrefix = "annotation.";
constexpr std::string_view kSandboxIdLabel = "io.kubernetes.sandbox.id";
constexpr std::string_view kLogPathLabel = "io.kubernetes.container.logpath";
constexpr std::string_view kPortsAnnotation = "io.kubernetes.container.ports";
constexpr std::string_view kSandboxName = "POD";
constexpr std::string_view kHostNetwork = "host";
constexpr std::string_view kPodNetwork = "default";

std::string_view StateText(ContainerState state) {
  switch (state) {
    case ContainerState::kCreated:
      return kStateCreated;
    case ContainerState::kRunning:
      return kStateRunning;
    case ContainerState::kExited:
      return kStateExited;
    case ContainerState::kUnknown:
      break;
  }
  return kStateDead;
}

std::string_view StateText(SandboxState state) {
  return state == SandboxState::kReady ? kStateRunning : kStateExited;
}

std::string LabelOr(const StringMap& labels, std::string_view key) {
  const std::string* const value = labels.Find(key);
  return value != nullptr ? *value : std::string();
}

/// Returns the labels of a container that dockershim made of these.
std::vector<StringMap::value_type> MakeLabels(const StringMap& labels,
                                              const StringMap& annotations) {
  std::vector<StringMap::value_type> result(labels.begin(), labels.end());
  for (const auto& [key, value] : annotations)
    result.emplace_back(std::string(kAnnotationPrefix) + key, value);
  return result;
}

/// Returns a container of which only is known what all of them have. Docker
/// sends no null for these collections.
Container EmptyContainer(std::string id, std::int64_t created_at) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  Container container;
  container.id = std::move(id);
  container.created = created_at / kNanoseconds;
  container.ports.emplace();
  container.network_settings.emplace().networks.emplace();
  container.mounts.emplace();
  return container;
}

/// Returns the name that dockershim gave a container.
StringList MakeNames(std::string_view container, const ListedSandbox& pod,
                     std::uint32_t attempt) {
  std::string name = "/k8s_";
  name.append(container).append("_").append(pod.pod_name).append("_");
  name.append(pod.pod_namespace).append("_").append(pod.pod_uid);
  name.append("_").append(std::to_string(attempt));
  return {name};
}

/// Returns the pod as the kubelet's labels describe it, for a container whose
/// sandbox was removed meanwhile.
ListedSandbox PodOfLabels(const StringMap& labels) {
  ListedSandbox pod;
  pod.pod_name = LabelOr(labels, kPodNameLabel);
  pod.pod_namespace = LabelOr(labels, kPodNamespaceLabel);
  pod.pod_uid = LabelOr(labels, kPodUidLabel);
  return pod;
}

Entry MakeEntry(const ListedContainer& listed, const ListedSandbox* sandbox) {
  Entry entry;
  entry.created_at = listed.created_at;
  Container& container = entry.container;
  container = EmptyContainer(listed.id, listed.created_at);
  container.names = MakeNames(
      listed.name, sandbox != nullptr ? *sandbox : PodOfLabels(listed.labels),
      listed.attempt);
  container.image = !listed.image.user_specified_name.empty()
                        ? listed.image.user_specified_name
                        : listed.image.name;
  container.image_id = listed.image_ref;
  auto labels = MakeLabels(listed.labels, listed.annotations);
  labels.emplace_back(kPodContainerTypeLabel, "container");
  labels.emplace_back(kSandboxIdLabel, listed.sandbox_id);
  container.labels.emplace(std::move(labels));
  container.state = StateText(listed.state);
  container.host_config.network_mode = "container:" + listed.sandbox_id;
  if (const auto* ports = listed.annotations.Find(kPortsAnnotation))
    container.ports = ParsePorts(*ports);
  return entry;
}

Entry MakeEntry(const ListedSandbox& sandbox) {
  Entry entry;
  entry.created_at = sandbox.created_at;
  entry.is_sandbox = true;
  Container& container = entry.container;
  container = EmptyContainer(sandbox.id, sandbox.created_at);
  container.names = MakeNames(kSandboxName, sandbox, sandbox.attempt);
  auto labels = MakeLabels(sandbox.labels, sandbox.annotations);
  labels.emplace_back(kPodContainerTypeLabel, "podsandbox");
  labels.emplace_back(kPodContainerNameLabel, kSandboxName);
  container.labels.emplace(std::move(labels));
  container.state = StateText(sandbox.state);
  container.host_config.network_mode = kPodNetwork;
  return entry;
}

MountPoint ToMountPoint(const Mount& mount) {
  MountPoint point;
  point.type = "bind";
  point.source = mount.host_path;
  point.destination = mount.container_path;
  point.mode = mount.read_only ? "ro" : "";
  point.rw = !mount.read_only;
  switch (mount.propagation) {
    case Propagation::kPrivate:
      point.propagation = "rprivate";
      break;
    case Propagation::kHostToContainer:
      point.propagation = "rslave";
      break;
    case Propagation::kBidirectional:
      point.propagation = "rshared";
      break;
  }
  return point;
}

/// Returns whether this names an image by what it holds, and not by a name.
bool IsDigest(std::string_view image) {
  return image.empty() || image.substr(0, 7) == "sha256:";
}

}  // namespace

std::vector<Entry> MakeEntries(const std::vector<ListedContainer>& containers,
                               const std::vector<ListedSandbox>& sandboxes) {
  std::vector<Entry> entries;
  entries.reserve(containers.size() + sandboxes.size());
  std::map<std::string_view, const ListedSandbox*> by_id;
  for (const ListedSandbox& sandbox : sandboxes) {
    by_id.emplace(sandbox.id, &sandbox);
    entries.push_back(MakeEntry(sandbox));
  }
  for (const ListedContainer& container : containers) {
    const auto sandbox = by_id.find(container.sandbox_id);
    entries.push_back(MakeEntry(
        container, sandbox != by_id.end() ? sandbox->second : nullptr));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(b.created_at, a.container.id) <
           std::tie(a.created_at, b.container.id);
  });
  return entries;
}

void AddStatus(const ContainerStatus& status, std::int64_t now, Entry& entry) {
  Container& container = entry.container;
  container.state = StateText(status.state);
  container.status = StatusText(status, now);
  if (status.state == ContainerState::kExited)
    entry.exit_code = status.exit_code;
  if (!status.image.user_specified_name.empty()) {
    container.image = status.image.user_specified_name;
  } else if (IsDigest(container.image) && !status.image.name.empty()) {
    // The kubelet creates containers by the image's ID; runtimes look its name
    // up for the status.
    container.image = status.image.name;
  }
  for (const Mount& mount : status.mounts)
    container.mounts->push_back(ToMountPoint(mount));
  if (!status.log_path.empty())
    (*container.labels)[kLogPathLabel] = status.log_path;
}

void AddStatus(const SandboxStatus& status, std::int64_t now, Entry& entry) {
  Container& container = entry.container;
  container.state = StateText(status.state);
  container.status = StatusText(status.state, entry.created_at, now);
  const std::string_view network =
      status.host_network ? kHostNetwork : kPodNetwork;
  container.host_config.network_mode = network;
  EndpointSettings settings;
  for (const std::string& address : status.addresses) {
    std::string& place = address.find(':') == std::string::npos
                             ? settings.ip_address
                             : settings.global_ipv6_address;
    if (place.empty()) place = address;
  }
  (*container.network_settings->networks)[network] = std::move(settings);
}

void AddStats(const std::vector<ContainerStats>& stats,
              std::vector<Entry>& entries) {
  constexpr auto kMost =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::map<std::string_view, std::uint64_t> bytes_by_id;
  for (const ContainerStats& one : stats)
    bytes_by_id[one.id] = one.writable_layer_bytes;
  for (Entry& entry : entries) {
    const auto bytes = bytes_by_id.find(entry.container.id);
    if (bytes != bytes_by_id.end()) {
      entry.container.size_rw =
          static_cast<std::int64_t>(std::min(bytes->second, kMost));
    }
  }
}

std::vector<Port> ParsePorts(const std::string& annotation) {
  using KubeletPorts = std::optional<std::vector<KubeletPort>>;
  std::vector<Port> ports;
  try {
    for (const KubeletPort& from :
         OrEmpty(DecodeJson<KubeletPorts>(annotation))) {
      Port& port = ports.emplace_back();
      port.private_port = from.container_port;
      port.public_port = from.host_port;
      // Docker's address for a port that is published on all of the node's.
      if (from.host_port != 0)
        port.ip = from.host_ip.empty() ? "0.0.0.0" : from.host_ip;
      port.type = from.protocol.empty() ? "tcp" : from.protocol;
      for (char& c : port.type)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  } catch (const DecodeError&) {
    ports.clear();
  }
  return ports;
}

}  // namespace containercollector::internal::cri
