// SPDX-License-Identifier: Apache-2.0

#include "tests/engine/cri_expectation.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>

#include "tests/engine/moby_containers.h"

namespace containercollector::engine {
namespace {

using test::CriMap;
using test::CriState;
using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

constexpr std::int64_t kNanoseconds = 1'000'000'000;

void Member(Writer& writer, const char* key, const std::string& value) {
  writer.Key(key);
  writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}

void Labels(Writer& writer, const CriMap& labels, const CriMap& annotations,
            const CriMap& more) {
  writer.Key("Labels");
  writer.StartObject();
  for (const auto& [key, value] : labels) Member(writer, key.c_str(), value);
  for (const auto& [key, value] : annotations)
    Member(writer, ("annotation." + key).c_str(), value);
  for (const auto& [key, value] : more) Member(writer, key.c_str(), value);
  writer.EndObject();
}

std::string Name(const std::string& container, const test::CriSandbox& pod,
                 std::uint32_t attempt) {
  return "/k8s_" + container + "_" + pod.name + "_" + pod.pod_namespace + "_" +
         pod.uid + "_" + std::to_string(attempt);
}

void Begin(Writer& writer, const std::string& id, const std::string& name,
           std::int64_t created_at) {
  writer.StartObject();
  Member(writer, "Id", id);
  writer.Key("Names");
  writer.StartArray();
  writer.String(name.c_str());
  writer.EndArray();
  writer.Key("Created");
  writer.Int64(created_at / kNanoseconds);
}

/// As dockerd lists commands.
std::string CommandOf(const ContainerRequest& container) {
  std::string text;
  for (const auto* words : {&container.command, &container.args}) {
    for (const std::string& word : *words) {
      const bool quoted = !text.empty() && word.find(' ') != std::string::npos;
      text.append(text.empty() ? "" : " ");
      text.append(quoted ? "'" + word + "'" : word);
    }
  }
  return text;
}

void NetworkMode(Writer& writer, const std::string& mode) {
  writer.Key("HostConfig");
  writer.StartObject();
  Member(writer, "NetworkMode", mode);
  writer.EndObject();
}

void Write(Writer& writer, const PodRequest& pod, const test::CriSandbox& now) {
  const bool ready = now.state == test::CriSandboxState::kReady;
  const std::string network =
      pod.status.network == test::CriNetwork::kNode ? "host" : "none";
  Begin(writer, now.id, Name("POD", pod.status, pod.status.attempt),
        now.created_at);
  // The pause image has another name of the same image, whose command it runs,
  // see PrivateContainerd.
  Member(writer, "Image", PrivateContainerd::kImage);
  Member(writer, "Command", "sleep 1000000");
  Labels(writer, pod.status.labels, pod.status.annotations,
         {{"io.kubernetes.docker.type", "podsandbox"},
          {"io.kubernetes.container.name", "POD"}});
  Member(writer, "State", ready ? "running" : "exited");
  Member(writer, "Status", ready ? "Up " : "Exited");
  NetworkMode(writer, network);
  writer.Key("NetworkSettings");
  writer.StartObject();
  writer.Key("Networks");
  writer.StartObject();
  writer.Key(network.c_str());
  writer.StartObject();
  Member(writer, "IPAddress", now.ip);
  Member(writer, "GlobalIPv6Address",
         now.additional_ips.empty() ? "" : now.additional_ips.front());
  for (int i = 0; i < 3; ++i) writer.EndObject();
  for (const char* empty : {"Ports", "Mounts"}) {
    writer.Key(empty);
    writer.StartArray();
    writer.EndArray();
  }
  writer.EndObject();
}

std::string State(CriState state) {
  switch (state) {
    case CriState::kCreated:
      return "created";
    case CriState::kRunning:
      return "running";
    case CriState::kExited:
      return "exited";
    case CriState::kUnknown:
      break;
  }
  return "dead";
}

/// Without what depends on the time.
std::string BeginningOfStatus(const test::CriContainer& container) {
  if (container.state == CriState::kCreated) return "Created";
  if (container.state == CriState::kRunning) return "Up ";
  return "Exited (" + std::to_string(container.exit_code) + ") ";
}

void Mounts(Writer& writer, const std::vector<test::CriMount>& mounts) {
  const char* const kPropagation[] = {"rprivate", "rslave", "rshared"};
  writer.Key("Mounts");
  writer.StartArray();
  for (const test::CriMount& mount : mounts) {
    writer.StartObject();
    Member(writer, "Type", "bind");
    Member(writer, "Source", mount.host_path);
    Member(writer, "Destination", mount.container_path);
    Member(writer, "Mode", mount.readonly ? "ro" : "");
    writer.Key("RW");
    writer.Bool(!mount.readonly);
    Member(writer, "Propagation",
           kPropagation[static_cast<int>(mount.propagation)]);
    writer.EndObject();
  }
  writer.EndArray();
}

void Write(Writer& writer, const PodRequest& pod,
           const ContainerRequest& request, const test::CriContainer& now,
           const std::string& ports) {
  const test::CriContainer& asked = request.status;
  Begin(writer, now.id, Name(asked.name, pod.status, asked.attempt),
        now.created_at);
  Member(writer, "Image", asked.image);
  Member(writer, "Command", CommandOf(request));
  Member(writer, "ImageID", asked.image_ref);
  Labels(writer, asked.labels, asked.annotations,
         {{"io.kubernetes.docker.type", "container"},
          {"io.kubernetes.sandbox.id", pod.status.id},
          {"io.kubernetes.container.logpath",
           pod.log_directory + "/" + asked.log_path}});
  Member(writer, "State", State(now.state));
  Member(writer, "Status", BeginningOfStatus(now));
  NetworkMode(writer, "container:" + pod.status.id);
  writer.Key("NetworkSettings");
  writer.StartObject();
  writer.Key("Networks");
  writer.StartObject();
  writer.EndObject();
  writer.EndObject();
  writer.Key("Ports");
  writer.RawValue(ports.data(), ports.size(), rapidjson::kArrayType);
  Mounts(writer, asked.mounts);
  writer.EndObject();
}

}  // namespace

rapidjson::Document ExpectedContainers(ContainerdNode& node) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartArray();
  for (const Pod& pod : node.pods()) {
    Write(writer, pod.request, node.containerd().Status(pod.request));
    for (const ContainerRequest& container : pod.containers) {
      Write(writer, pod.request, container, node.containerd().Status(container),
            container.status.name == "texts" ? ContainerdNode::kPorts : "[]");
    }
  }
  writer.EndArray();
  return AsMobyContainers(buffer.GetString());
}

}  // namespace containercollector::engine
