// SPDX-License-Identifier: Apache-2.0

#include "tests/support/cri_messages.h"

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

namespace containercollector::test {
namespace {

using protozero::pbf_writer;

/// As proto3 does, leaves out what has its default value.
void AddString(pbf_writer& writer, protozero::pbf_tag_type tag,
               const std::string& value) {
  if (!value.empty()) writer.add_string(tag, value);
}

void AddInt64(pbf_writer& writer, protozero::pbf_tag_type tag,
              std::int64_t value) {
  if (value != 0) writer.add_int64(tag, value);
}

template <typename Enum>
void AddEnum(pbf_writer& writer, protozero::pbf_tag_type tag, Enum value) {
  if (static_cast<std::int32_t>(value) != 0)
    writer.add_enum(tag, static_cast<std::int32_t>(value));
}

void AddMap(pbf_writer& writer, protozero::pbf_tag_type tag,
            const CriMap& map) {
  for (const auto& [key, value] : map) {
    pbf_writer entry(writer, tag);
    entry.add_string(1, key);
    entry.add_string(2, value);
  }
}

void AddMetadata(pbf_writer& writer, protozero::pbf_tag_type tag,
                 const CriContainer& container) {
  pbf_writer metadata(writer, tag);
  AddString(metadata, 1, container.name);
  if (container.attempt != 0) metadata.add_uint32(2, container.attempt);
}

void AddMetadata(pbf_writer& writer, protozero::pbf_tag_type tag,
                 const CriSandbox& sandbox) {
  pbf_writer metadata(writer, tag);
  AddString(metadata, 1, sandbox.name);
  AddString(metadata, 2, sandbox.uid);
  AddString(metadata, 3, sandbox.pod_namespace);
  if (sandbox.attempt != 0) metadata.add_uint32(4, sandbox.attempt);
}

void AddImage(pbf_writer& writer, protozero::pbf_tag_type tag,
              const std::string& name, const CriContainer& container) {
  pbf_writer image(writer, tag);
  AddString(image, 1, name);
  AddString(image, 18, container.user_specified_image);
}

void AddMount(pbf_writer& writer, protozero::pbf_tag_type tag,
              const CriMount& mount) {
  pbf_writer field(writer, tag);
  AddString(field, 1, mount.container_path);
  AddString(field, 2, mount.host_path);
  if (mount.readonly) field.add_bool(3, true);
  AddEnum(field, 5, mount.propagation);
}

void AddStats(pbf_writer& writer, const CriContainer& container) {
  pbf_writer stats(writer, 1);
  {
    pbf_writer attributes(stats, 1);
    attributes.add_string(1, container.id);
    AddMetadata(attributes, 2, container);
  }
  pbf_writer layer(stats, 4);
  layer.add_int64(1, container.started_at);
  pbf_writer used(layer, 3);
  if (container.writable_layer_bytes != 0)
    used.add_uint64(1, container.writable_layer_bytes);
}

/// A PodSandboxNetworkStatus.
void ParseAddresses(protozero::pbf_reader network, CriSandbox& sandbox) {
  while (network.next()) {
    if (network.tag() == 1) {
      sandbox.ip = network.get_string();
    } else if (network.tag() == 2) {
      sandbox.additional_ips.push_back(FirstString(network.get_string()));
    } else {
      network.skip();
    }
  }
}

}  // namespace

std::string VersionResponse(std::string_view runtime_name,
                            std::string_view runtime_version,
                            std::string_view api_version) {
  std::string message;
  pbf_writer writer(message);
  writer.add_string(1, "0.1.0");
  writer.add_string(2, std::string(runtime_name));
  writer.add_string(3, std::string(runtime_version));
  writer.add_string(4, std::string(api_version));
  return message;
}

std::string ListContainersResponse(
    const std::vector<CriContainer>& containers) {
  std::string message;
  pbf_writer writer(message);
  for (const CriContainer& container : containers) {
    pbf_writer item(writer, 1);
    AddString(item, 1, container.id);
    AddString(item, 2, container.sandbox_id);
    AddMetadata(item, 3, container);
    AddImage(item, 4, container.image, container);
    AddString(item, 5, container.image_ref);
    AddEnum(item, 6, container.state);
    AddInt64(item, 7, container.created_at);
    AddMap(item, 8, container.labels);
    AddMap(item, 9, container.annotations);
    AddString(item, 10, container.image_id);
  }
  return message;
}

std::string ListPodSandboxResponse(const std::vector<CriSandbox>& sandboxes) {
  std::string message;
  pbf_writer writer(message);
  for (const CriSandbox& sandbox : sandboxes) {
    pbf_writer item(writer, 1);
    AddString(item, 1, sandbox.id);
    AddMetadata(item, 2, sandbox);
    AddEnum(item, 3, sandbox.state);
    AddInt64(item, 4, sandbox.created_at);
    AddMap(item, 5, sandbox.labels);
    AddMap(item, 6, sandbox.annotations);
  }
  return message;
}

std::string ContainerStatusResponse(const CriContainer& container,
                                    bool verbose) {
  std::string message;
  pbf_writer writer(message);
  if (verbose && !container.info.empty())
    AddMap(writer, 2, {{"info", container.info}});
  pbf_writer status(writer, 1);
  AddString(status, 1, container.id);
  AddMetadata(status, 2, container);
  AddEnum(status, 3, container.state);
  AddInt64(status, 4, container.created_at);
  AddInt64(status, 5, container.started_at);
  AddInt64(status, 6, container.finished_at);
  if (container.exit_code != 0) status.add_int32(7, container.exit_code);
  AddImage(
      status, 8,
      container.status_image.empty() ? container.image : container.status_image,
      container);
  AddString(status, 9, container.image_ref);
  AddString(status, 10, container.reason);
  AddMap(status, 12, container.labels);
  AddMap(status, 13, container.annotations);
  for (const CriMount& mount : container.mounts) AddMount(status, 14, mount);
  AddString(status, 15, container.log_path);
  return message;
}

std::string PodSandboxStatusResponse(const CriSandbox& sandbox, bool verbose) {
  std::string message;
  pbf_writer writer(message);
  if (verbose && !sandbox.info.empty())
    AddMap(writer, 2, {{"info", sandbox.info}});
  pbf_writer status(writer, 1);
  AddString(status, 1, sandbox.id);
  AddMetadata(status, 2, sandbox);
  AddEnum(status, 3, sandbox.state);
  AddInt64(status, 4, sandbox.created_at);
  {
    pbf_writer network(status, 5);
    AddString(network, 1, sandbox.ip);
    for (const std::string& ip : sandbox.additional_ips) {
      pbf_writer additional(network, 2);
      additional.add_string(1, ip);
    }
  }
  {
    pbf_writer platform(status, 6);
    pbf_writer namespaces(platform, 1);
    pbf_writer options(namespaces, 2);
    AddEnum(options, 1, sandbox.network);
  }
  AddMap(status, 7, sandbox.labels);
  AddMap(status, 8, sandbox.annotations);
  return message;
}

std::string ContainerStatsResponse(const CriContainer& container) {
  return ListContainerStatsResponse({container});
}

std::string ListContainerStatsResponse(
    const std::vector<CriContainer>& containers) {
  std::string message;
  pbf_writer writer(message);
  for (const CriContainer& container : containers) AddStats(writer, container);
  return message;
}

CriListRequest ParseListRequest(std::string_view message) {
  CriListRequest request;
  const std::string bytes = FirstString(message);
  protozero::pbf_reader filter(bytes);
  while (filter.next()) {
    if (filter.tag() == 1) {
      request.id = filter.get_string();
    } else if (filter.tag() == 2) {
      request.state = 0;
      protozero::pbf_reader state = filter.get_message();
      while (state.next()) request.state = state.get_enum();
    } else if (filter.tag() == 4) {
      protozero::pbf_reader label = filter.get_message();
      auto& [key, value] = request.labels.emplace_back();
      while (label.next()) {
        std::string& text = label.tag() == 1 ? key : value;
        text = label.get_string();
      }
    } else {
      filter.skip();
    }
  }
  return request;
}

bool IsVerbose(std::string_view message) {
  protozero::pbf_reader reader(message.data(), message.size());
  bool verbose = false;
  while (reader.next()) {
    if (reader.tag() == 2) {
      verbose = reader.get_bool();
    } else {
      reader.skip();
    }
  }
  return verbose;
}

CriContainer ParseContainerStatus(std::string_view message) {
  const std::string bytes = FirstString(message);
  protozero::pbf_reader reader(bytes);
  CriContainer container;
  // Fields that have their default value are left out.
  container.state = CriState::kCreated;
  while (reader.next()) {
    switch (reader.tag()) {
      case 1:
        container.id = reader.get_string();
        break;
      case 3:
        container.state = static_cast<CriState>(reader.get_enum());
        break;
      case 4:
        container.created_at = reader.get_int64();
        break;
      case 5:
        container.started_at = reader.get_int64();
        break;
      case 6:
        container.finished_at = reader.get_int64();
        break;
      case 7:
        container.exit_code = reader.get_int32();
        break;
      default:
        reader.skip();
    }
  }
  return container;
}

CriSandbox ParsePodSandboxStatus(std::string_view message) {
  const std::string bytes = FirstString(message);
  protozero::pbf_reader reader(bytes);
  CriSandbox sandbox;
  while (reader.next()) {
    switch (reader.tag()) {
      case 1:
        sandbox.id = reader.get_string();
        break;
      case 3:
        sandbox.state = static_cast<CriSandboxState>(reader.get_enum());
        break;
      case 4:
        sandbox.created_at = reader.get_int64();
        break;
      case 5:
        ParseAddresses(reader.get_message(), sandbox);
        break;
      default:
        reader.skip();
    }
  }
  return sandbox;
}

std::string FirstString(std::string_view message) {
  protozero::pbf_reader reader(message.data(), message.size());
  std::string text;
  while (reader.next()) {
    if (reader.tag() == 1 &&
        reader.wire_type() == protozero::pbf_wire_type::length_delimited) {
      text = reader.get_string();
    } else {
      reader.skip();
    }
  }
  return text;
}

}  // namespace containercollector::test
