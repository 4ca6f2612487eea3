// SPDX-License-Identifier: Apache-2.0
/// Decodes the messages about a single container, a single sandbox, and the
/// runtime.
#include <protozero/pbf_reader.hpp>

#include "lib/src/cri/messages.h"
#include "lib/src/cri/protobuf.h"

namespace containercollector::internal::cri {
namespace {

using protozero::pbf_reader;

Propagation ToPropagation(std::int32_t value) {
  return value == 1 || value == 2 ? static_cast<Propagation>(value)
                                  : Propagation::kPrivate;
}

void Decode(pbf_reader reader, Mount& mount) {
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case Text(1):
        mount.container_path = reader.get_string();
        break;
      case Text(2):
        mount.host_path = reader.get_string();
        break;
      case Number(3):
        mount.read_only = reader.get_bool();
        break;
      case Number(5):
        mount.propagation = ToPropagation(reader.get_enum());
        break;
      default:
        reader.skip();
    }
  }
}

void Decode(pbf_reader reader, Room& room, ContainerStatus& status) {
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case Number(3):
        status.state = ToContainerState(reader.get_enum());
        break;
      case Number(5):
        status.started_at = reader.get_int64();
        break;
      case Number(6):
        status.finished_at = reader.get_int64();
        break;
      case Number(7):
        status.exit_code = reader.get_int32();
        break;
      case Text(8):
        DecodeImage(reader.get_message(), status.image);
        break;
      case Text(14):
        At("mounts", status.mounts.size(), [&] {
          room.TakeFor<Mount>();
          Decode(reader.get_message(), status.mounts.emplace_back());
        });
        break;
      case Text(15):
        status.log_path = reader.get_string();
        break;
      default:
        reader.skip();
    }
  }
}

/// Decodes PodSandboxNetworkStatus.
void DecodeNetwork(pbf_reader reader, Room& room, StringList& addresses) {
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case Text(1):
        room.TakeFor<std::string>();
        addresses.insert(addresses.begin(), reader.get_string());
        break;
      case Text(2):
        room.TakeFor<std::string>();
        EachOf(Text(1), reader.get_message(),
               [&](pbf_reader& ip) { addresses.push_back(ip.get_string()); });
        break;
      default:
        reader.skip();
    }
  }
}

/// Returns whether a LinuxPodSandboxStatus says that the network is the node's.
bool HasHostNetwork(const pbf_reader& linux) {
  constexpr std::int32_t kNode = 2;
  bool host_network = false;
  EachOf(Text(1), linux, [&](pbf_reader& namespaces) {
    EachOf(Text(2), namespaces.get_message(), [&](pbf_reader& options) {
      EachOf(Number(1), options.get_message(), [&](pbf_reader& network) {
        host_network = network.get_enum() == kNode;
      });
    });
  });
  return host_network;
}

void Decode(pbf_reader reader, Room& room, SandboxStatus& status) {
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case Number(3):
        status.state = ToSandboxState(reader.get_enum());
        break;
      case Text(5):
        DecodeNetwork(reader.get_message(), room, status.addresses);
        break;
      case Text(6):
        status.host_network = HasHostNetwork(reader.get_message());
        break;
      default:
        reader.skip();
    }
  }
}

/// Decodes a message whose first field is a status.
template <typename Status>
Status DecodeStatus(std::string_view message) {
  Room room(message);
  Status status;
  bool has_status = false;
  At("status", [&] {
    EachOf(Text(1), {message.data(), message.size()}, [&](pbf_reader& reader) {
      has_status = true;
      Decode(reader.get_message(), room, status);
    });
  });
  if (!has_status) throw MessageError("status: it is missing");
  return status;
}

}  // namespace

ContainerStatus DecodeContainerStatus(std::string_view message) {
  return DecodeStatus<ContainerStatus>(message);
}

SandboxStatus DecodeSandboxStatus(std::string_view message) {
  return DecodeStatus<SandboxStatus>(message);
}

Version DecodeVersion(std::string_view message) {
  Version version;
  At("version", [&] {
    pbf_reader reader(message.data(), message.size());
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case Text(2):
          version.runtime_name = reader.get_string();
          break;
        case Text(3):
          version.runtime_version = reader.get_string();
          break;
        case Text(4):
          version.runtime_api_version = reader.get_string();
          break;
        default:
          reader.skip();
      }
    }
  });
  return version;
}

void DecodeImage(pbf_reader reader, Image& image) {
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case Text(1):
        image.name = reader.get_string();
        break;
      case Text(18):
        image.user_specified_name = reader.get_string();
        break;
      default:
        reader.skip();
    }
  }
}

ContainerState ToContainerState(std::int32_t value) {
  // A state of a later version is as unknown as the last one.
  return value >= 0 && value < static_cast<int>(ContainerState::kUnknown)
             ? static_cast<ContainerState>(value)
             : ContainerState::kUnknown;
}

SandboxState ToSandboxState(std::int32_t value) {
  return value == 0 ? SandboxState::kReady : SandboxState::kNotReady;
}

}  // namespace containercollector::internal::cri
