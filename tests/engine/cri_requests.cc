// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/cri_requests.h"

#include <protozero/pbf_writer.hpp>

namespace containercollector::engine {
namespace {

using protozero::pbf_tag_type;
using protozero::pbf_writer;

void AddMap(pbf_writer& writer, pbf_tag_type tag, const test::CriMap& map) {
  for (const auto& [key, value] : map) {
    pbf_writer entry(writer, tag);
    entry.add_string(1, key);
    entry.add_string(2, value);
  }
}

/// A LinuxPodSandboxConfig.
void AddLinux(pbf_writer& writer, pbf_tag_type tag, const PodRequest& pod) {
  pbf_writer platform(writer, tag);
  platform.add_string(1, pod.cgroup_parent);
  pbf_writer security(platform, 2);
  pbf_writer namespaces(security, 1);
  namespaces.add_enum(1, static_cast<std::int32_t>(pod.status.network));
}

/// A PodSandboxConfig.
void AddPod(pbf_writer& writer, pbf_tag_type tag, const PodRequest& pod) {
  const test::CriSandbox& status = pod.status;
  pbf_writer config(writer, tag);
  {
    pbf_writer metadata(config, 1);
    metadata.add_string(1, status.name);
    metadata.add_string(2, status.uid);
    metadata.add_string(3, status.pod_namespace);
    metadata.add_uint32(4, status.attempt);
  }
  if (status.network == test::CriNetwork::kPod)
    config.add_string(2, status.name);
  config.add_string(3, pod.log_directory);
  AddMap(config, 6, status.labels);
  AddMap(config, 7, status.annotations);
  AddLinux(config, 8, pod);
}

void AddMount(pbf_writer& writer, pbf_tag_type tag,
              const test::CriMount& mount) {
  pbf_writer field(writer, tag);
  field.add_string(1, mount.container_path);
  field.add_string(2, mount.host_path);
  field.add_bool(3, mount.readonly);
  field.add_enum(5, static_cast<std::int32_t>(mount.propagation));
}

/// A ContainerConfig.
void AddContainer(pbf_writer& writer, pbf_tag_type tag,
                  const ContainerRequest& container, test::CriNetwork network) {
  const test::CriContainer& status = container.status;
  pbf_writer config(writer, tag);
  {
    pbf_writer metadata(config, 1);
    metadata.add_string(1, status.name);
    metadata.add_uint32(2, status.attempt);
  }
  {
    pbf_writer image(config, 2);
    image.add_string(1, status.image);
  }
  for (const std::string& word : container.command) config.add_string(3, word);
  for (const std::string& word : container.args) config.add_string(4, word);
  for (const test::CriMount& mount : status.mounts) AddMount(config, 7, mount);
  AddMap(config, 9, status.labels);
  AddMap(config, 10, status.annotations);
  config.add_string(11, status.log_path);
  pbf_writer platform(config, 15);
  pbf_writer security(platform, 2);
  pbf_writer namespaces(security, 3);
  namespaces.add_enum(1, static_cast<std::int32_t>(network));
}

}  // namespace

std::string RunPodSandboxRequest(const PodRequest& pod) {
  std::string message;
  pbf_writer writer(message);
  AddPod(writer, 1, pod);
  return message;
}

std::string CreateContainerRequest(const PodRequest& pod,
                                   const ContainerRequest& container) {
  std::string message;
  pbf_writer writer(message);
  writer.add_string(1, pod.status.id);
  AddContainer(writer, 2, container, pod.status.network);
  AddPod(writer, 3, pod);
  return message;
}

std::string StopContainerRequest(const std::string& id,
                                 std::int64_t timeout_seconds) {
  std::string message;
  pbf_writer writer(message);
  writer.add_string(1, id);
  writer.add_int64(2, timeout_seconds);
  return message;
}

std::string IdRequest(const std::string& id) {
  std::string message;
  pbf_writer writer(message);
  writer.add_string(1, id);
  return message;
}

std::string ImageStatusRequest(const std::string& image) {
  std::string message;
  pbf_writer writer(message);
  pbf_writer spec(writer, 1);
  spec.add_string(1, image);
  return message;
}

}  // namespace containercollector::engine
