// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/messages.h"

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <utility>

#include "lib/src/cri/protobuf.h"

namespace containercollector::internal::cri {
namespace {

using protozero::pbf_reader;

/// Decodes a message whose only field is a list.
template <typename Entry, typename Decode>
std::vector<Entry> DecodeList(std::string_view message, const char* list,
                              const Decode& decode) {
  Room room(message);
  std::vector<Entry> entries;
  At("message", [&] {
    EachOf(Text(1), {message.data(), message.size()}, [&](pbf_reader& reader) {
      At(list, entries.size(), [&] {
        room.TakeFor<Entry>();
        Entry entry;
        decode(reader.get_message(), room, entry);
        if (entry.id.empty()) throw MessageError("it has no id");
        entries.push_back(std::move(entry));
      });
    });
  });
  return entries;
}

void DecodeEntry(pbf_reader reader, Room& room,
                 std::vector<StringMap::value_type>& map) {
  room.TakeFor<StringMap::value_type>();
  auto& [key, value] = map.emplace_back();
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case Text(1):
        key = reader.get_string();
        break;
      case Text(2):
        value = reader.get_string();
        break;
      default:
        reader.skip();
    }
  }
}

void DecodeMetadata(pbf_reader reader, ListedContainer& container) {
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case Text(1):
        container.name = reader.get_string();
        break;
      case Number(2):
        container.attempt = reader.get_uint32();
        break;
      default:
        reader.skip();
    }
  }
}

void Decode(pbf_reader reader, Room& room, ListedContainer& container) {
  std::vector<StringMap::value_type> labels;
  std::vector<StringMap::value_type> annotations;
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case Text(1):
        container.id = reader.get_string();
        break;
      case Text(2):
        container.sandbox_id = reader.get_string();
        break;
      case Text(3):
        DecodeMetadata(reader.get_message(), container);
        break;
      case Text(4):
        DecodeImage(reader.get_message(), container.image);
        break;
      case Text(5):
        container.image_ref = reader.get_string();
        break;
      case Number(6):
        container.state = ToContainerState(reader.get_enum());
        break;
      case Number(7):
        container.created_at = reader.get_int64();
        break;
      case Text(8):
        DecodeEntry(reader.get_message(), room, labels);
        break;
      case Text(9):
        DecodeEntry(reader.get_message(), room, annotations);
        break;
      default:
        reader.skip();
    }
  }
  container.labels = StringMap(std::move(labels));
  container.annotations = StringMap(std::move(annotations));
}

void DecodeMetadata(pbf_reader reader, ListedSandbox& sandbox) {
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case Text(1):
        sandbox.pod_name = reader.get_string();
        break;
      case Text(2):
        sandbox.pod_uid = reader.get_string();
        break;
      case Text(3):
        sandbox.pod_namespace = reader.get_string();
        break;
      case Number(4):
        sandbox.attempt = reader.get_uint32();
        break;
      default:
        reader.skip();
    }
  }
}

void Decode(pbf_reader reader, Room& room, ListedSandbox& sandbox) {
  std::vector<StringMap::value_type> labels;
  std::vector<StringMap::value_type> annotations;
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case Text(1):
        sandbox.id = reader.get_string();
        break;
      case Text(2):
        DecodeMetadata(reader.get_message(), sandbox);
        break;
      case Number(3):
        sandbox.state = ToSandboxState(reader.get_enum());
        break;
      case Number(4):
        sandbox.created_at = reader.get_int64();
        break;
      case Text(5):
        DecodeEntry(reader.get_message(), room, labels);
        break;
      case Text(6):
        DecodeEntry(reader.get_message(), room, annotations);
        break;
      default:
        reader.skip();
    }
  }
  sandbox.labels = StringMap(std::move(labels));
  sandbox.annotations = StringMap(std::move(annotations));
}

void Decode(const pbf_reader& message, Room& /*room*/, ContainerStats& stats) {
  EachOf(Text(1), message, [&](pbf_reader& reader) {
    const pbf_reader attributes = reader.get_message();
    EachOf(Text(1), attributes,
           [&](pbf_reader& id) { stats.id = id.get_string(); });
  });
  EachOf(Text(4), message, [&](pbf_reader& reader) {
    const pbf_reader writable_layer = reader.get_message();
    EachOf(Text(3), writable_layer, [&](pbf_reader& used_bytes) {
      EachOf(Number(1), used_bytes.get_message(), [&](pbf_reader& value) {
        stats.writable_layer_bytes = value.get_uint64();
      });
    });
  });
}

}  // namespace

std::vector<ListedContainer> DecodeContainers(std::string_view message) {
  return DecodeList<ListedContainer>(
      message, "containers",
      [](const pbf_reader& reader, Room& room, ListedContainer& container) {
        Decode(reader, room, container);
      });
}

std::vector<ListedSandbox> DecodeSandboxes(std::string_view message) {
  return DecodeList<ListedSandbox>(
      message, "items",
      [](const pbf_reader& reader, Room& room, ListedSandbox& sandbox) {
        Decode(reader, room, sandbox);
      });
}

std::vector<ContainerStats> DecodeContainerStats(std::string_view message) {
  return DecodeList<ContainerStats>(
      message, "stats",
      [](const pbf_reader& reader, Room& room, ContainerStats& stats) {
        Decode(reader, room, stats);
      });
}

std::string EncodeId(std::string_view id) {
  std::string message;
  protozero::pbf_writer writer(message);
  writer.add_string(1, id.data(), id.size());
  return message;
}

}  // namespace containercollector::internal::cri
