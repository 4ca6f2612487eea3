// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/containers.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <map>
#include <tuple>
#include <unordered_map>
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
/// dockershim set up the pod's network itself, so Docker knew of none.
constexpr std::string_view kPodNetwork = "none";

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

/// Returns the last value of a key; empty if there is none.
std::string_view ValueOf(const Pairs& pairs, std::string_view key) {
  const auto found =
      std::find_if(pairs.rbegin(), pairs.rend(),
                   [&](const auto& pair) { return pair.first == key; });
  return found != pairs.rend() ? std::string_view(found->second)
                               : std::string_view();
}

/// Returns the labels that dockershim would have given a container with these.
StringMap MakeLabels(Pairs labels, Pairs annotations, Pairs more,
                     Budget& budget) {
  const std::size_t count = labels.size() + annotations.size() + more.size();
  // Sorting temporarily copies half of them.
  TemporaryCharge sorting(budget, count / 2 * sizeof(Pairs::value_type));
  budget.Charge((count - labels.size()) * sizeof(Pairs::value_type));
  labels.reserve(count);
  for (Pairs::value_type& annotation : annotations) {
    budget.Charge(kAnnotationPrefix.size() + annotation.first.size());
    annotation.first.insert(0, kAnnotationPrefix);
    labels.push_back(std::move(annotation));
  }
  std::move(more.begin(), more.end(), std::back_inserter(labels));
  return StringMap(std::move(labels));
}

/// Returns a container with only the fields that every entry has. Docker never
/// sends null for these collections.
Container EmptyContainer(std::string id, std::int64_t created_at) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  Container container;
  container.id = std::move(id);
  container.created = std::max<std::int64_t>(created_at, 0) / kNanoseconds;
  container.ports.emplace();
  container.network_settings.emplace().networks.emplace();
  container.mounts.emplace();
  return container;
}

/// The parts of a name that belong to the pod.
struct PodName {
  std::string_view name;
  std::string_view pod_namespace;
  std::string_view uid;
};

PodName NameOf(const PodSandboxMetadata& pod) {
  return {pod.name, pod.pod_namespace, pod.uid};
}

/// Returns the pod named by the kubelet's labels, for a container whose sandbox
/// is not listed.
PodName NameOf(const Pairs& labels) {
  return {ValueOf(labels, kPodNameLabel), ValueOf(labels, kPodNamespaceLabel),
          ValueOf(labels, kPodUidLabel)};
}

/// Returns the names that dockershim would have given a container.
StringList MakeNames(std::string_view container, const PodName& pod,
                     std::uint32_t attempt, Budget& budget) {
  constexpr std::size_t kRest = 32;
  budget.Charge(sizeof(std::string) + container.size() + pod.name.size() +
                pod.pod_namespace.size() + pod.uid.size() + kRest);
  std::string name = "/k8s_";
  name.append(container).append("_").append(pod.name).append("_");
  name.append(pod.pod_namespace).append("_").append(pod.uid);
  name.append("_").append(std::to_string(attempt));
  return {std::move(name)};
}

bool IsHexId(std::string_view text) {
  constexpr std::size_t kSha256Digits = 64;
  return text.size() == kSha256Digits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Returns whether this refers to an image by its content rather than by a
/// name.
bool IsDigest(std::string_view image) {
  return image.empty() || image.substr(0, 7) == "sha256:" || IsHexId(image);
}

/// Returns an image's ID as Docker writes it; CRI-O omits the algorithm.
std::string ImageId(const std::string& id) {
  return IsHexId(id) ? "sha256:" + id : id;
}

Entry MakeEntry(ListedContainer&& listed, const ListedSandbox* sandbox,
                Budget& budget) {
  Entry entry;
  entry.created_at = listed.created_at;
  Container& container = entry.container;
  container = EmptyContainer(std::move(listed.id), listed.created_at);
  container.names = MakeNames(
      listed.metadata.name,
      sandbox != nullptr ? NameOf(sandbox->metadata) : NameOf(listed.labels),
      listed.metadata.attempt, budget);
  container.image = std::move(!listed.image.user_specified_image.empty()
                                  ? listed.image.user_specified_image
                                  : listed.image.image);
  container.image_id =
      ImageId(!listed.image_id.empty() ? listed.image_id : listed.image_ref);
  entry.image_ref = std::move(listed.image_ref);
  container.state = StateText(listed.state);
  container.status = ShortStatusText(listed.state);
  budget.Charge(2 * listed.sandbox_id.size());
  container.host_config.network_mode = "container:" + listed.sandbox_id;
  if (const auto ports = ValueOf(listed.annotations, kPortsAnnotation);
      !ports.empty())
    container.ports = ParsePorts(std::string(ports), budget);
  container.labels =
      MakeLabels(std::move(listed.labels), std::move(listed.annotations),
                 {{std::string(kPodContainerTypeLabel), "container"},
                  {std::string(kSandboxIdLabel), std::move(listed.sandbox_id)}},
                 budget);
  return entry;
}

/// Leaves the metadata, which the names of containers need.
Entry MakeEntry(ListedSandbox& sandbox, Budget& budget) {
  Entry entry;
  entry.created_at = sandbox.created_at;
  entry.is_sandbox = true;
  Container& container = entry.container;
  container = EmptyContainer(std::move(sandbox.id), sandbox.created_at);
  container.names = MakeNames(kSandboxName, NameOf(sandbox.metadata),
                              sandbox.metadata.attempt, budget);
  container.labels = MakeLabels(
      std::move(sandbox.labels), std::move(sandbox.annotations),
      {{std::string(kPodContainerTypeLabel), "podsandbox"},
       {std::string(kPodContainerNameLabel), std::string(kSandboxName)}},
      budget);
  container.state = StateText(sandbox.state);
  container.status = ShortStatusText(sandbox.state);
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

void AddContainerDetails(const Details& details, std::int64_t now,
                         Budget& budget, Entry& entry) {
  const ContainerStatus& status = details.container;
  Container& container = entry.container;
  container.state = StateText(status.state);
  container.status = StatusText(status, now);
  container.command = details.command;
  if (status.state == ContainerState::kExited)
    entry.exit_code = status.exit_code;
  if (!status.image.user_specified_image.empty()) {
    container.image = status.image.user_specified_image;
  } else if (IsDigest(container.image) && !status.image.image.empty()) {
    // The kubelet creates containers by image ID, but runtimes resolve it to a
    // name in the status.
    container.image = status.image.image;
  }
  budget.Charge(container.command.size() + container.image.size() +
                status.log_path.size() +
                status.mounts.size() * sizeof(MountPoint));
  container.mounts->reserve(status.mounts.size());
  for (const Mount& mount : status.mounts) {
    budget.Charge(mount.host_path.size() + mount.container_path.size());
    container.mounts->push_back(ToMountPoint(mount));
  }
  if (!status.log_path.empty())
    (*container.labels)[kLogPathLabel] = status.log_path;
}

void AddSandboxDetails(const Details& details, std::int64_t now, Budget& budget,
                       Entry& entry) {
  const SandboxStatus& status = details.sandbox;
  Container& container = entry.container;
  container.state = StateText(status.state);
  container.status = StatusText(status.state, entry.created_at, now);
  container.command = details.command;
  container.image = details.sandbox_image;
  const std::string_view network =
      status.host_network() ? kHostNetwork : kPodNetwork;
  container.host_config.network_mode = network;
  EndpointSettings settings;
  const auto add = [&](const std::string& address) {
    std::string& place = address.find(':') == std::string::npos
                             ? settings.ip_address
                             : settings.global_ipv6_address;
    if (!place.empty()) return;
    budget.Charge(address.size());
    place = address;
  };
  add(status.network.ip);
  for (const PodIp& more : status.network.additional_ips) add(more.ip);
  budget.Charge(container.command.size() + container.image.size() +
                sizeof(EndpointSettings));
  (*container.network_settings->networks)[network] = std::move(settings);
}

/// Drops each element whose ID appears again later.
template <typename Listed>
std::vector<Listed> LastOfEachId(std::vector<Listed> list) {
  std::unordered_map<std::string_view, std::size_t> last;
  for (std::size_t i = 0; i < list.size(); ++i) last[list[i].id] = i;
  if (last.size() == list.size()) return list;
  std::vector<bool> is_last(list.size());
  for (const auto& [id, index] : last) is_last[index] = true;
  std::vector<Listed> unique;
  unique.reserve(last.size());
  for (std::size_t i = 0; i < list.size(); ++i)
    if (is_last[i]) unique.push_back(std::move(list[i]));
  return unique;
}

/// Adds what a verbose response contains, if it can be decoded.
void ReadInfo(std::string_view text, Budget& budget, Details& details) {
  // The text also has the environment and the secrets' mounts, so only these
  // fields are read. For a kubelet with thousands of services, it has about 500
  // KiB.
  constexpr std::size_t kMaxBytes = std::size_t{1} << 20;
  // `"",` decodes to 11 times its size, and a growing vector triples that.
  constexpr std::size_t kWhileDecoding = 34;
  if (text.empty() || text.size() > kMaxBytes ||
      text.size() * kWhileDecoding > budget.left())
    return;
  TemporaryCharge decoding(budget, text.size() * kWhileDecoding);
  try {
    auto info = DecodeJson<RuntimeInfo>(std::string(text));
    details.command =
        CommandText(info.runtime_spec.process.args.value_or(StringList()));
    details.sandbox_image = std::move(info.image);
  } catch (const DecodeError&) {
    // These fields are optional: leave them empty.
  }
}

}  // namespace

std::vector<Entry> MakeEntries(std::vector<ListedContainer> containers,
                               std::vector<ListedSandbox> sandboxes,
                               Budget& budget) {
  // Temporary memory per entry, for sorting and finding duplicates.
  constexpr std::size_t kPerEntry = 128;
  const std::size_t count = containers.size() + sandboxes.size();
  budget.Charge(count * (sizeof(Entry) + kPerEntry));
  containers = LastOfEachId(std::move(containers));
  sandboxes = LastOfEachId(std::move(sandboxes));
  std::unordered_map<std::string_view, ListedSandbox*> by_id;
  for (ListedSandbox& sandbox : sandboxes) by_id.emplace(sandbox.id, &sandbox);
  // Entries are large: order their keys, and make each entry in its place.
  struct Key {
    std::int64_t created_at;
    std::string_view id;
    ListedContainer* container;  ///< Null for a sandbox.
    ListedSandbox* sandbox;      ///< The container's, or the entry itself.
  };
  std::vector<Key> keys;
  keys.reserve(count);
  for (ListedContainer& container : containers) {
    const auto sandbox = by_id.find(container.sandbox_id);
    keys.push_back({container.created_at, container.id, &container,
                    sandbox != by_id.end() ? sandbox->second : nullptr});
  }
  for (ListedSandbox& sandbox : sandboxes)
    keys.push_back({sandbox.created_at, sandbox.id, nullptr, &sandbox});
  std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
    return std::tie(b.created_at, a.id) < std::tie(a.created_at, b.id);
  });
  std::vector<Entry> entries;
  entries.reserve(count);
  for (const Key& key : keys) {
    if (key.container != nullptr) {
      entries.push_back(
          MakeEntry(std::move(*key.container), key.sandbox, budget));
    } else {
      entries.push_back(MakeEntry(*key.sandbox, budget));
    }
  }
  return entries;
}

Details DecodeDetails(std::string_view message, bool is_sandbox,
                      Budget& budget) {
  const std::size_t left_before = budget.left();
  budget.Charge(sizeof(Details));
  Details details;
  if (is_sandbox) {
    auto response = DecodeSandboxStatus(message, budget);
    details.sandbox = *std::move(response.status);
    ReadInfo(response.Info(), budget, details);
  } else {
    auto response = DecodeContainerStatus(message, budget);
    details.container = *std::move(response.status);
    ReadInfo(response.Info(), budget, details);
  }
  budget.Charge(details.command.size() + details.sandbox_image.size());
  details.bytes = left_before - budget.left();
  return details;
}

std::string_view StateOf(const Details& details, bool is_sandbox) {
  return is_sandbox ? StateText(details.sandbox.state)
                    : StateText(details.container.state);
}

void AddDetails(const Details& details, std::int64_t now, Budget& budget,
                Entry& entry) {
  if (entry.is_sandbox) {
    AddSandboxDetails(details, now, budget, entry);
  } else {
    AddContainerDetails(details, now, budget, entry);
  }
}

void AddStats(const std::vector<ContainerStats>& stats,
              std::vector<Entry>& entries) {
  constexpr auto kMost =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::map<std::string_view, std::uint64_t> bytes_by_id;
  for (const ContainerStats& one : stats)
    bytes_by_id[one.attributes.id] = one.writable_layer.used_bytes.value;
  for (Entry& entry : entries) {
    const auto bytes = bytes_by_id.find(entry.container.id);
    if (bytes != bytes_by_id.end()) {
      entry.container.size_rw =
          static_cast<std::int64_t>(std::min(bytes->second, kMost));
    }
  }
}

std::vector<Port> ParsePorts(const std::string& annotation, Budget& budget) {
  using KubeletPorts = std::optional<std::vector<KubeletPort>>;
  // The three bytes `{},` decode to one KubeletPort, and a growing vector
  // triples that.
  constexpr std::size_t kWhileDecoding = sizeof(KubeletPort);
  std::vector<Port> ports;
  TemporaryCharge decoding(budget, annotation.size() * kWhileDecoding);
  try {
    const auto decoded = DecodeJson<KubeletPorts>(annotation);
    budget.Charge(OrEmpty(decoded).size() * sizeof(Port));
    ports.reserve(OrEmpty(decoded).size());
    for (const KubeletPort& from : OrEmpty(decoded)) {
      Port& port = ports.emplace_back();
      port.private_port = from.container_port;
      port.public_port = from.host_port;
      // The host address that Docker reports for a port published on all
      // addresses.
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

std::string CommandText(const StringList& args) {
  std::string text;
  for (const std::string& arg : args) {
    if (&arg == &args.front()) {
      text = arg;
    } else if (arg.find(' ') != std::string::npos) {
      text.append(" '").append(arg).append("'");
    } else {
      text.append(" ").append(arg);
    }
  }
  return text;
}

}  // namespace containercollector::internal::cri
