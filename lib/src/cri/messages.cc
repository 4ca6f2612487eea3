// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/messages.h"

#include <protozero/pbf_writer.hpp>

#include "lib/src/cri/protobuf.h"

namespace containercollector::internal::cri {
// Found by the types of their arguments, which an unnamed namespace prevents. A
// value of a later CRI is unknown.
static void FromNumber(std::int32_t number, ContainerState& state) {
  state = number >= 0 && number < static_cast<int>(ContainerState::kUnknown)
              ? static_cast<ContainerState>(number)
              : ContainerState::kUnknown;
}
static void FromNumber(std::int32_t number, SandboxState& state) {
  state = number == 0 ? SandboxState::kReady : SandboxState::kNotReady;
}
static void FromNumber(std::int32_t number, Propagation& propagation) {
  propagation = number == 1 || number == 2 ? static_cast<Propagation>(number)
                                           : Propagation::kPrivate;
}
static void FromNumber(std::int32_t number, NamespaceMode& mode) {
  mode = number == 2 ? NamespaceMode::kNode : NamespaceMode::kOther;
}

namespace {

/// A message whose first field is a list.
template <typename Entry>
struct List {
  std::vector<Entry> entries;
};

}  // namespace

template <>
struct Message<ImageSpec> {
  static constexpr auto kTable = std::make_tuple(
      Field{1, &ImageSpec::image}, Field{18, &ImageSpec::user_specified_image});
};

template <>
struct Message<ContainerMetadata> {
  static constexpr auto kTable =
      std::make_tuple(Field{1, &ContainerMetadata::name},
                      Field{2, &ContainerMetadata::attempt});
};

template <>
struct Message<PodSandboxMetadata> {
  static constexpr auto kTable = std::make_tuple(
      Field{1, &PodSandboxMetadata::name}, Field{2, &PodSandboxMetadata::uid},
      Field{3, &PodSandboxMetadata::pod_namespace},
      Field{4, &PodSandboxMetadata::attempt});
};

template <>
struct Message<ListedContainer> {
  static constexpr auto kTable = std::make_tuple(
      Field{1, &ListedContainer::id}, Field{2, &ListedContainer::sandbox_id},
      Field{3, &ListedContainer::metadata}, Field{4, &ListedContainer::image},
      Field{5, &ListedContainer::image_ref}, Field{6, &ListedContainer::state},
      Field{7, &ListedContainer::created_at},
      Field{8, &ListedContainer::labels},
      Field{9, &ListedContainer::annotations},
      Field{10, &ListedContainer::image_id});
};

template <>
struct Message<ListedSandbox> {
  static constexpr auto kTable = std::make_tuple(
      Field{1, &ListedSandbox::id}, Field{2, &ListedSandbox::metadata},
      Field{3, &ListedSandbox::state}, Field{4, &ListedSandbox::created_at},
      Field{5, &ListedSandbox::labels}, Field{6, &ListedSandbox::annotations});
};

template <>
struct Message<Mount> {
  static constexpr auto kTable = std::make_tuple(
      Field{1, &Mount::container_path}, Field{2, &Mount::host_path},
      Field{3, &Mount::read_only}, Field{5, &Mount::propagation});
};

template <>
struct Message<ContainerStatus> {
  static constexpr auto kTable = std::make_tuple(
      Field{3, &ContainerStatus::state}, Field{5, &ContainerStatus::started_at},
      Field{6, &ContainerStatus::finished_at},
      Field{7, &ContainerStatus::exit_code}, Field{8, &ContainerStatus::image},
      Field{14, &ContainerStatus::mounts},
      Field{15, &ContainerStatus::log_path});
};

template <>
struct Message<PodIp> {
  static constexpr auto kTable = std::make_tuple(Field{1, &PodIp::ip});
};

template <>
struct Message<SandboxNetwork> {
  static constexpr auto kTable = std::make_tuple(
      Field{1, &SandboxNetwork::ip}, Field{2, &SandboxNetwork::additional_ips});
};

template <>
struct Message<NamespaceOptions> {
  static constexpr auto kTable =
      std::make_tuple(Field{1, &NamespaceOptions::network});
};

template <>
struct Message<SandboxNamespaces> {
  static constexpr auto kTable =
      std::make_tuple(Field{2, &SandboxNamespaces::options});
};

template <>
struct Message<LinuxSandboxStatus> {
  static constexpr auto kTable =
      std::make_tuple(Field{1, &LinuxSandboxStatus::namespaces});
};

template <>
struct Message<SandboxStatus> {
  static constexpr auto kTable = std::make_tuple(
      Field{3, &SandboxStatus::state}, Field{5, &SandboxStatus::network},
      Field{6, &SandboxStatus::linux_status});
};

template <typename Status>
struct Message<StatusResponse<Status>> {
  static constexpr auto kTable =
      std::make_tuple(Field{1, &StatusResponse<Status>::status},
                      Field{2, &StatusResponse<Status>::info});
};

template <>
struct Message<StatusResponse<ContainerStatus>::InfoEntry> {
  using Entry = StatusResponse<ContainerStatus>::InfoEntry;
  static constexpr auto kTable =
      std::make_tuple(Field{1, &Entry::key}, Field{2, &Entry::value});
};

template <>
struct Message<StatusResponse<SandboxStatus>::InfoEntry> {
  using Entry = StatusResponse<SandboxStatus>::InfoEntry;
  static constexpr auto kTable =
      std::make_tuple(Field{1, &Entry::key}, Field{2, &Entry::value});
};

template <>
struct Message<ContainerAttributes> {
  static constexpr auto kTable =
      std::make_tuple(Field{1, &ContainerAttributes::id});
};

template <>
struct Message<UInt64Value> {
  static constexpr auto kTable = std::make_tuple(Field{1, &UInt64Value::value});
};

template <>
struct Message<FilesystemUsage> {
  static constexpr auto kTable =
      std::make_tuple(Field{3, &FilesystemUsage::used_bytes});
};

template <>
struct Message<ContainerStats> {
  static constexpr auto kTable =
      std::make_tuple(Field{1, &ContainerStats::attributes},
                      Field{4, &ContainerStats::writable_layer});
};

template <>
struct Message<Version> {
  static constexpr auto kTable = std::make_tuple(
      Field{2, &Version::runtime_name}, Field{3, &Version::runtime_version},
      Field{4, &Version::runtime_api_version});
};

template <typename Entry>
struct Message<List<Entry>> {
  static constexpr auto kTable =
      std::make_tuple(Field{1, &List<Entry>::entries});
};

namespace {

/// Decodes a message.
/// @param place Returns what the error text names, from the value so far.
template <typename Struct, typename Place>
Struct Decode(std::string_view message, Budget& budget, const Place& place) {
  Struct value;
  try {
    DecodeInto({message.data(), message.size()}, budget, value);
  } catch (const protozero::exception& error) {
    throw MessageError(std::string(place(value)) + ": " + error.what());
  }
  return value;
}

template <typename Entry>
std::vector<Entry> DecodeList(std::string_view message, Budget& budget,
                              const std::string& name) {
  const auto place = [&](std::size_t index) {
    return name + "[" + std::to_string(index) + "]";
  };
  auto list =
      Decode<List<Entry>>(message, budget, [&](const List<Entry>& so_far) {
        return so_far.entries.empty() ? std::string("message")
                                      : place(so_far.entries.size() - 1);
      });
  return std::move(list.entries);
}

template <typename Entry>
std::vector<Entry> DecodeListWithIds(std::string_view message, Budget& budget,
                                     const std::string& name) {
  auto entries = DecodeList<Entry>(message, budget, name);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].id.empty())
      throw MessageError(name + "[" + std::to_string(i) + "]: it has no id");
  }
  return entries;
}

template <typename Status>
StatusResponse<Status> DecodeStatus(std::string_view message, Budget& budget) {
  auto response = Decode<StatusResponse<Status>>(
      message, budget, [](const auto& /*so_far*/) { return "status"; });
  if (!response.status) throw MessageError("status: it is missing");
  return response;
}

}  // namespace

std::vector<ListedContainer> DecodeContainers(std::string_view message,
                                              Budget& budget) {
  return DecodeListWithIds<ListedContainer>(message, budget, "containers");
}

std::vector<ListedSandbox> DecodeSandboxes(std::string_view message,
                                           Budget& budget) {
  return DecodeListWithIds<ListedSandbox>(message, budget, "items");
}

StatusResponse<ContainerStatus> DecodeContainerStatus(std::string_view message,
                                                      Budget& budget) {
  return DecodeStatus<ContainerStatus>(message, budget);
}

StatusResponse<SandboxStatus> DecodeSandboxStatus(std::string_view message,
                                                  Budget& budget) {
  return DecodeStatus<SandboxStatus>(message, budget);
}

std::vector<ContainerStats> DecodeContainerStats(std::string_view message,
                                                 Budget& budget) {
  return DecodeList<ContainerStats>(message, budget, "stats");
}

Version DecodeVersion(std::string_view message, Budget& budget) {
  return Decode<Version>(message, budget,
                         [](const Version&) { return "version"; });
}

namespace {

using protozero::pbf_writer;

template <typename State>
void AddState(pbf_writer& filter, std::optional<State> state) {
  if (!state) return;
  pbf_writer value(filter, 2);
  value.add_enum(1, static_cast<std::int32_t>(*state));
}

}  // namespace

std::string EncodeListContainers(const ListRequest& request) {
  std::string message;
  if (request.empty()) return message;
  pbf_writer writer(message);
  pbf_writer filter(writer, 1);
  if (!request.id.empty()) filter.add_string(1, request.id);
  AddState(filter, request.state);
  for (const auto& [key, value] : request.labels) {
    pbf_writer label(filter, 4);
    label.add_string(1, key);
    label.add_string(2, value);
  }
  return message;
}

std::string EncodeListSandboxes(std::optional<SandboxState> state) {
  std::string message;
  if (!state) return message;
  pbf_writer writer(message);
  pbf_writer filter(writer, 1);
  AddState(filter, state);
  return message;
}

std::string EncodeStatusRequest(std::string_view id, bool verbose) {
  std::string message;
  pbf_writer writer(message);
  writer.add_string(1, id.data(), id.size());
  if (verbose) writer.add_bool(2, true);
  return message;
}

}  // namespace containercollector::internal::cri
