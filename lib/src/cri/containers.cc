// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/containers.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <limits>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "containercollector/accessors.h"
#include "lib/src/json/decoder.h"
#include "lib/src/json/fields.h"

namespace containercollector::internal::cri {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// Returns the last value of a key; empty if there is none.
std::string_view ValueOf(const Pairs& pairs, std::string_view key) {
  const auto found =
      std::find_if(pairs.rbegin(), pairs.rend(),
                   [&](const auto& pair) { return pair.first == key; });
  return found != pairs.rend() ? std::string_view(found->second)
                               : std::string_view();
}

/// Returns the name that dockershim would have given an entry.
/// @param sandbox The container's, or null if it is not listed; `listed` itself
/// if that is a sandbox.
std::string MakeName(const Listed& listed, const Listed* sandbox,
                     Budget& budget) {
  std::array<std::string_view, 4> parts;
  if (sandbox != nullptr) {
    parts = {sandbox == &listed ? "POD" : std::string_view(listed.name),
             sandbox->name, sandbox->pod_namespace, sandbox->uid};
  } else {
    parts = {listed.name, ValueOf(listed.labels, kPodNameLabel),
             ValueOf(listed.labels, kPodNamespaceLabel),
             ValueOf(listed.labels, kPodUidLabel)};
  }
  std::size_t bytes = sizeof(std::string) + 32;
  for (const std::string_view part : parts) bytes += part.size();
  budget.Charge(bytes);
  std::string name = "/k8s_";
  for (const std::string_view part : parts) name.append(part).append("_");
  return name + std::to_string(listed.attempt);
}

/// Returns the labels that dockershim would have given an entry.
StringMap MakeLabels(Listed& listed, bool is_sandbox, Budget& budget) {
  constexpr std::size_t kAdded = 2;
  constexpr std::size_t kBytes = sizeof(Pairs::value_type);
  Pairs& labels = listed.labels;
  const std::size_t more = listed.annotations.size() + kAdded;
  budget.Charge(more * kBytes + listed.sandbox_id.size());
  // Sorting temporarily copies half of them.
  budget.Require((labels.size() + more) / 2 * kBytes);
  labels.reserve(labels.size() + more);
  for (auto& [key, value] : listed.annotations) {
    budget.Charge(kAnnotationPrefix.size() + key.size());
    key.insert(0, kAnnotationPrefix);
    labels.emplace_back(std::move(key), std::move(value));
  }
  labels.emplace_back(kPodContainerTypeLabel,
                      is_sandbox ? "podsandbox" : "container");
  if (is_sandbox) {
    labels.emplace_back(kPodContainerNameLabel, "POD");
  } else {
    labels.emplace_back(kSandboxIdLabel, std::move(listed.sandbox_id));
  }
  return StringMap(std::move(labels));
}

/// Returns the ports in an annotation of the kubelet; none if it is malformed.
/// @throws BudgetError
std::vector<Port> ParsePorts(std::string_view annotation, Budget& budget) {
  std::vector<Port> ports;
  // The three bytes `{},` decode to one KubeletPort, and a growing vector
  // triples that.
  budget.Require(annotation.size() * (sizeof(KubeletPort) + sizeof(Port) / 3));
  try {
    const auto decoded = DecodeJson<std::optional<std::vector<KubeletPort>>>(
        std::string(annotation));
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

/// Returns the text that a list alone allows.
const char* ShortStatusText(std::string_view state) {
  return state == kStateCreated   ? "Created"
         : state == kStateRunning ? "Up"
         : state == kStateExited  ? "Exited"
                                  : "Dead";
}

/// Makes the entry of a container or sandbox, and leaves what the names of
/// containers need.
/// @param sandbox As MakeName().
Entry MakeEntry(Listed& listed, const Listed* sandbox, Budget& budget) {
  constexpr std::string_view kPorts = "io.kubernetes.container.ports";
  Entry entry;
  entry.created_at = listed.created_at;
  entry.is_sandbox = sandbox == &listed;
  Container& container = entry.container;
  container.names = StringList{MakeName(listed, sandbox, budget)};
  container.id = std::move(listed.id);
  container.created = std::max<std::int64_t>(listed.created_at, 0) / kSecond;
  container.state = listed.state;
  container.status = ShortStatusText(listed.state);
  // Docker never sends null for these collections.
  container.ports.emplace();
  container.network_settings.emplace().networks.emplace();
  container.mounts.emplace();
  if (!entry.is_sandbox) {
    container.image = std::move(!listed.image.user_specified_image.empty()
                                    ? listed.image.user_specified_image
                                    : listed.image.image);
    container.image_id =
        !listed.image_id.empty() ? listed.image_id : listed.image_ref;
    // Docker writes the algorithm; CRI-O omits it.
    if (IsHexId(container.image_id)) container.image_id.insert(0, "sha256:");
    entry.image_ref = std::move(listed.image_ref);
    budget.Charge(listed.sandbox_id.size());
    container.host_config.network_mode = "container:" + listed.sandbox_id;
    if (const auto ports = ValueOf(listed.annotations, kPorts); !ports.empty())
      container.ports = ParsePorts(ports, budget);
  }
  container.labels = MakeLabels(listed, entry.is_sandbox, budget);
  return entry;
}

/// Returns for example "About an hour". Mirrors HumanDuration of
/// docker/go-units.
/// @param nanoseconds 0 or more.
std::string HumanDuration(std::int64_t nanoseconds) {
  const auto count = [](std::int64_t number, const char* unit) {
    return std::to_string(number) + unit;
  };
  const std::int64_t seconds = nanoseconds / kSecond;
  if (seconds < 1) return "Less than a second";
  if (seconds == 1) return "1 second";
  if (seconds < 60) return count(seconds, " seconds");
  const std::int64_t minutes = seconds / 60;
  if (minutes == 1) return "About a minute";
  if (minutes < 60) return count(minutes, " minutes");
  // Only the hours are rounded.
  const std::int64_t hours = (minutes + 30) / 60;
  if (hours == 1) return "About an hour";
  if (hours < 48) return count(hours, " hours");
  if (hours < 24 * 7 * 2) return count(hours / 24, " days");
  if (hours < 24 * 30 * 2) return count(hours / 24 / 7, " weeks");
  if (hours < 24 * 365 * 2) return count(hours / 24 / 30, " months");
  return count(minutes / 60 / 24 / 365, " years");
}

/// Returns for example "Up 3 hours", "Exited (137) 2 minutes ago", "Created".
/// Mirrors State.String() of moby v19.03.15 container/state.go. Omits a time
/// that is unknown: "Up", "Exited (137)". The CRI reports neither when nor how
/// a sandbox ended: "Exited".
std::string StatusText(const Entry& entry, const Details& details,
                       std::int64_t now) {
  std::string text = ShortStatusText(details.state);
  const bool is_up = details.state == kStateRunning;
  if (!is_up && (details.state != kStateExited || entry.is_sandbox))
    return text;
  if (!is_up) text += " (" + std::to_string(details.exit_code) + ")";
  const std::int64_t then = !is_up             ? details.finished_at
                            : entry.is_sandbox ? entry.created_at
                                               : details.started_at;
  // Go's zero time is before 1970.
  if (then <= 0) return text;
  text += " " + HumanDuration(std::max<std::int64_t>(now - then, 0));
  return is_up ? text : text + " ago";
}

/// Returns whether this refers to an image by its content rather than by a
/// name.
bool IsDigest(std::string_view image) {
  return image.empty() || image.substr(0, 7) == "sha256:" || IsHexId(image);
}

}  // namespace

bool IsHexId(std::string_view text) {
  constexpr std::size_t kSha256Digits = 64;
  return text.size() == kSha256Digits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::vector<Entry> MakeEntries(std::vector<Listed> containers,
                               std::vector<Listed> sandboxes, Budget& budget) {
  // Temporary memory per entry, for sorting and finding duplicates.
  constexpr std::size_t kPerEntry = 128;
  budget.Charge((containers.size() + sandboxes.size()) *
                (sizeof(Entry) + kPerEntry));
  // Entries are large: order pointers, and make each entry in its place. With
  // each container is its sandbox; with a sandbox, itself.
  std::vector<std::pair<Listed*, const Listed*>> order;
  order.reserve(containers.size() + sandboxes.size());
  std::unordered_map<std::string_view, const Listed*> sandbox_of;
  for (auto one = sandboxes.rbegin(); one != sandboxes.rend(); ++one)
    if (sandbox_of.emplace(one->id, &*one).second)
      order.emplace_back(&*one, &*one);
  std::unordered_set<std::string_view> ids;
  for (auto one = containers.rbegin(); one != containers.rend(); ++one) {
    if (!ids.insert(one->id).second) continue;
    const auto sandbox = sandbox_of.find(one->sandbox_id);
    order.emplace_back(&*one,
                       sandbox != sandbox_of.end() ? sandbox->second : nullptr);
  }
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return a.first->created_at != b.first->created_at
               ? a.first->created_at > b.first->created_at
               : a.first->id < b.first->id;
  });
  std::vector<Entry> entries;
  entries.reserve(order.size());
  for (const auto& [listed, sandbox] : order)
    entries.push_back(MakeEntry(*listed, sandbox, budget));
  return entries;
}

void AddDetails(const Details& details, std::int64_t now, Budget& budget,
                Entry& entry) {
  budget.Charge(details.bytes);
  Container& container = entry.container;
  container.state = details.state;
  container.status = StatusText(entry, details, now);
  container.command = details.command;
  if (entry.is_sandbox) {
    container.image = details.sandbox_image;
    // dockershim set up the pod's network itself, so Docker knew of none.
    container.host_config.network_mode = details.host_network ? "host" : "none";
    EndpointSettings network;
    const auto add = [&](const std::string& address) {
      std::string& place = address.find(':') == std::string::npos
                               ? network.ip_address
                               : network.global_ipv6_address;
      if (place.empty()) place = address;
    };
    add(details.ip);
    for (const std::string& more : details.additional_ips) add(more);
    (*container.network_settings
          ->networks)[container.host_config.network_mode] = network;
    return;
  }
  if (details.state == kStateExited) entry.exit_code = details.exit_code;
  const auto& [image, user_specified_image] = details.image;
  if (!user_specified_image.empty()) {
    container.image = user_specified_image;
  } else if (IsDigest(container.image) && !image.empty()) {
    // The kubelet creates containers by image ID, but runtimes resolve it to a
    // name in the status.
    container.image = image;
  }
  container.mounts = details.mounts;
  if (!details.log_path.empty())
    (*container.labels)[kLogPathLabel] = details.log_path;
}

void AddStats(const std::vector<Stats>& stats, std::vector<Entry>& entries) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  std::unordered_map<std::string_view, std::uint64_t> bytes_of;
  for (const Stats& one : stats) bytes_of[one.id] = one.used_bytes;
  for (Entry& entry : entries) {
    const auto bytes = bytes_of.find(entry.container.id);
    if (bytes != bytes_of.end())
      entry.container.size_rw =
          static_cast<std::int64_t>(std::min(bytes->second, kMost));
  }
}

}  // namespace containercollector::internal::cri
