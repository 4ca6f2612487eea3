// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/messages.h"

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <tuple>
#include <type_traits>

#include "lib/src/json/decoder.h"
#include "lib/src/json/fields.h"

namespace containercollector::internal::cri {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;
using protozero::pbf_writer;

/// A field of a message: its number, and where its value goes. The target's
/// type determines the field's type: a number or a function that receives one,
/// a string, the table of a message, a struct with a Table(), or a vector of
/// them.
template <typename Target>
struct Part {
  std::uint32_t number;
  Target target;  ///< A reference, unless it is a function or a table.
};
template <typename Target>
Part(std::uint32_t, Target&&) -> Part<Target>;

/// The fields of a message that are decoded.
template <typename... Targets>
using Parts = std::tuple<Part<Targets>...>;

template <typename T>
constexpr bool kIsFunction = std::is_invocable_v<T, std::uint64_t>;

/// Returns the table of a message of which only one field is decoded.
template <typename Target>
auto Only(std::uint32_t number, Target&& target) {
  return std::tuple(Part{number, std::forward<Target>(target)});
}

/// An entry of a map.
template <typename T>
auto Table(std::pair<T, T>& entry) {
  return std::tuple(Part{1, entry.first}, Part{2, entry.second});
}

auto Table(ImageSpec& spec) {
  return std::tuple(Part{1, spec.image}, Part{18, spec.user_specified_image});
}

auto Table(MountPoint& mount) {
  mount.type = "bind";
  mount.rw = true;
  mount.propagation = "rprivate";
  return std::tuple(Part{1, mount.destination}, Part{2, mount.source},
                    Part{3,
                         [&](std::uint64_t number) {
                           mount.rw = number == 0;
                           mount.mode = mount.rw ? "" : "ro";
                         }},
                    Part{5, [&](std::uint64_t number) {
                           mount.propagation = number == 1   ? "rslave"
                                               : number == 2 ? "rshared"
                                                             : "rprivate";
                         }});
}

template <typename... Targets>
void Read(pbf_reader message, Budget& budget, const Parts<Targets...>& parts);

template <typename T>
void ReadValue(pbf_reader& reader, Budget& budget, T& target) {
  if constexpr (std::is_integral_v<T>) {
    // As in protobuf, a number that the type cannot hold loses its upper bits.
    target = static_cast<T>(reader.get_uint64());
  } else if constexpr (kIsFunction<T>) {
    target(reader.get_uint64());
  } else {
    // Protobuf merges a message that appears again.
    Read(reader.get_message(), budget, Table(target));
  }
}

void ReadValue(pbf_reader& reader, Budget& budget, std::string& target) {
  const protozero::data_view bytes = reader.get_view();
  budget.Charge(bytes.size());
  target.assign(bytes.data(), bytes.size());
}

/// Makes it a view of the message.
void ReadValue(pbf_reader& reader, Budget& /*budget*/,
               std::string_view& target) {
  const protozero::data_view bytes = reader.get_view();
  target = {bytes.data(), bytes.size()};
}

template <typename T>
void ReadValue(pbf_reader& reader, Budget& budget, std::vector<T>& target) {
  // A growing vector uses up to three times the size of its elements.
  budget.Charge(3 * sizeof(T));
  ReadValue(reader, budget, target.emplace_back());
}

template <typename... Targets>
void ReadValue(pbf_reader& reader, Budget& budget,
               const Parts<Targets...>& target) {
  Read(reader.get_message(), budget, target);
}

/// Decodes the parts of a message and skips all other fields. As in protobuf, a
/// field with a known number but another type counts as unknown.
/// @throws protozero::exception, BudgetError
template <typename... Targets>
void Read(pbf_reader message, Budget& budget, const Parts<Targets...>& parts) {
  const auto read_if = [&](const auto& part) {
    using Target = std::decay_t<decltype(part.target)>;
    const auto type = std::is_integral_v<Target> || kIsFunction<Target>
                          ? pbf_wire_type::varint
                          : pbf_wire_type::length_delimited;
    if (message.tag_and_type() != protozero::tag_and_type(part.number, type))
      return false;
    ReadValue(message, budget, part.target);
    return true;
  };
  const auto read_any = [&](const auto&... each) {
    return (read_if(each) || ...);
  };
  while (message.next())
    if (!std::apply(read_any, parts)) message.skip();
}

/// A state that a later CRI adds is unknown, which is what Docker calls dead.
auto ContainerState(std::string_view& state) {
  state = kStateCreated;
  return [&](std::uint64_t number) {
    state = number == 0   ? kStateCreated
            : number == 1 ? kStateRunning
            : number == 2 ? kStateExited
                          : kStateDead;
  };
}

auto SandboxState(std::string_view& state) {
  state = kStateRunning;
  return [&](std::uint64_t number) {
    state = number == 0 ? kStateRunning : kStateExited;
  };
}

auto ListedContainer(Listed& listed) {
  return std::tuple(
      Part{1, listed.id}, Part{2, listed.sandbox_id},
      Part{3, std::tuple(Part{1, listed.name}, Part{2, listed.attempt})},
      Part{4, listed.image}, Part{5, listed.image_ref},
      Part{6, ContainerState(listed.state)}, Part{7, listed.created_at},
      Part{8, listed.labels}, Part{9, listed.annotations},
      Part{10, listed.image_id});
}

auto ListedSandbox(Listed& listed) {
  return std::tuple(
      Part{1, listed.id},
      Part{2,
           std::tuple(Part{1, listed.name}, Part{2, listed.uid},
                      Part{3, listed.pod_namespace}, Part{4, listed.attempt})},
      Part{3, SandboxState(listed.state)}, Part{4, listed.created_at},
      Part{5, listed.labels}, Part{6, listed.annotations});
}

auto ContainerStatus(Details& details) {
  return std::tuple(Part{3, ContainerState(details.state)},
                    Part{5, details.started_at}, Part{6, details.finished_at},
                    Part{7, details.exit_code}, Part{8, details.image},
                    Part{14, details.mounts}, Part{15, details.log_path});
}

auto SandboxStatus(Details& details) {
  auto set_network_namespace = [&](std::uint64_t number) {
    constexpr std::uint64_t kNode = 2;
    details.host_network = number == kNode;
  };
  return std::tuple(
      Part{3, SandboxState(details.state)},
      Part{5, std::tuple(Part{1, details.ip},
                         Part{2, Only(1, details.additional_ips)})},
      Part{6, Only(1, Only(2, Only(1, std::move(set_network_namespace))))});
}

auto ContainerStats(Stats& stats) {
  return std::tuple(Part{1, Only(1, stats.id)},
                    Part{4, Only(3, Only(1, stats.used_bytes))});
}

std::string PlaceOf(const char* name, std::size_t index) {
  return name + ("[" + std::to_string(index)) + "]: ";
}

/// Decodes a message whose first field is a list.
template <typename T, typename TableOf>
std::vector<T> DecodeEntries(std::string_view message, Budget& budget,
                             const char* name, const TableOf& table_of) {
  std::vector<T> entries;
  try {
    pbf_reader reader(message.data(), message.size());
    while (reader.next(1, pbf_wire_type::length_delimited)) {
      budget.Charge(3 * sizeof(T));
      T& entry = entries.emplace_back();
      Read(reader.get_message(), budget, table_of(entry));
    }
  } catch (const protozero::exception& error) {
    throw MessageError((entries.empty() ? std::string("message: ")
                                        : PlaceOf(name, entries.size() - 1)) +
                       error.what());
  }
  return entries;
}

template <typename... Targets>
void DecodeParts(std::string_view message, Budget& budget,
                 const std::string& place, const Parts<Targets...>& parts) {
  try {
    Read({message.data(), message.size()}, budget, parts);
  } catch (const protozero::exception& error) {
    throw MessageError(place + ": " + error.what());
  }
}

/// Returns a command in dockerd's format: the path, then the arguments, with
/// single quotes around those that contain spaces.
std::string CommandText(const StringList& args) {
  std::string text;
  for (const std::string& arg : args) {
    const bool is_path = &arg == &args.front();
    const char* const quote =
        !is_path && arg.find(' ') != std::string::npos ? "'" : "";
    text.append(is_path ? "" : " ").append(quote).append(arg).append(quote);
  }
  return text;
}

/// Adds what a verbose response contains, if it can be decoded.
void ReadInfo(std::string_view json, Budget& budget, Details& details) {
  // The text also has the environment and the secrets' mounts, so only these
  // fields are read. For a kubelet with thousands of services, it has about 500
  // KiB.
  constexpr std::size_t kMaxBytes = std::size_t{1} << 20;
  // `"",` decodes to 11 times its size, and a growing vector triples that.
  constexpr std::size_t kWhileDecoding = 34;
  if (json.empty() || json.size() > kMaxBytes ||
      json.size() * kWhileDecoding > budget.left())
    return;
  try {
    auto info = DecodeJson<RuntimeInfo>(std::string(json));
    details.command =
        CommandText(info.runtime_spec.process.args.value_or(StringList()));
    details.sandbox_image = std::move(info.image);
  } catch (const DecodeError&) {
    // These fields are optional: leave them empty.
  }
  budget.Charge(details.command.size() + details.sandbox_image.size());
}

}  // namespace

Version DecodeVersion(std::string_view message, Budget& budget) {
  Version version;
  DecodeParts(message, budget, "version",
              std::tuple(Part{2, version.runtime_name},
                         Part{4, version.runtime_api_version}));
  return version;
}

std::vector<Listed> DecodeList(std::string_view message, bool of_sandboxes,
                               Budget& budget) {
  const char* const name = of_sandboxes ? "items" : "containers";
  std::vector<Listed> entries =
      of_sandboxes
          ? DecodeEntries<Listed>(message, budget, name, ListedSandbox)
          : DecodeEntries<Listed>(message, budget, name, ListedContainer);
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (entries[i].id.empty())
      throw MessageError(PlaceOf(name, i) + "it has no id");
  return entries;
}

Details DecodeDetails(std::string_view message, bool of_sandbox,
                      Budget& budget) {
  const std::size_t left_before = budget.left();
  budget.Charge(sizeof(Details));
  std::string_view status;
  std::vector<std::pair<std::string_view, std::string_view>> info;
  DecodeParts(message, budget, "status",
              std::tuple(Part{1, status}, Part{2, info}));
  if (status.data() == nullptr) throw MessageError("status: it is missing");
  Details details;
  if (of_sandbox) {
    DecodeParts(status, budget, "status", SandboxStatus(details));
  } else {
    DecodeParts(status, budget, "status", ContainerStatus(details));
  }
  for (const auto& [key, value] : info)
    if (key == "info") ReadInfo(value, budget, details);
  details.bytes = left_before - budget.left();
  return details;
}

std::vector<Stats> DecodeStats(std::string_view message, Budget& budget) {
  return DecodeEntries<Stats>(message, budget, "stats", ContainerStats);
}

std::string EncodeListRequest(const ListRequest& request, bool of_sandboxes) {
  std::string message;
  if (request.empty()) return message;
  pbf_writer writer(message);
  pbf_writer filter(writer, 1);
  if (!request.id.empty()) filter.add_string(1, request.id);
  if (!request.state.empty()) {
    const int number = request.state == kStateRunning ? 0 : 1;
    pbf_writer state(filter, 2);
    state.add_enum(1, of_sandboxes ? number : number + 1);
  }
  for (const auto& [key, value] : request.labels) {
    pbf_writer label(filter, 4);
    label.add_string(1, key);
    label.add_string(2, value);
  }
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
