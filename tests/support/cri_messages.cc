// SPDX-License-Identifier: Apache-2.0

#include "tests/support/cri_messages.h"

#include <protozero/pbf_reader.hpp>

namespace containercollector::test {
namespace {

std::string Varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7)
    bytes += static_cast<char>(0x80 | (value & 0x7f));
  return bytes + static_cast<char>(value);
}

/// A message in the making. As proto3 does, it leaves out what has its default
/// value.
class Message {
 public:
  Message& Number(int tag, std::int64_t value) {
    if (value != 0) bytes_ += Tagged(tag, static_cast<std::uint64_t>(value));
    return *this;
  }
  template <typename Enum>
  Message& Value(int tag, Enum value) {
    return Number(tag, static_cast<std::int64_t>(value));
  }
  Message& Text(int tag, std::string_view value) {
    return value.empty() ? *this : Bytes(tag, value);
  }
  /// A string that is there even if it is empty, or a message.
  Message& Bytes(int tag, std::string_view value) {
    bytes_ += Tagged(tag, value);
    return *this;
  }
  Message& Add(int tag, const Message& value) {
    return Bytes(tag, value.bytes_);
  }
  Message& Map(int tag, const CriMap& map) {
    for (const auto& [key, value] : map)
      Add(tag, Message().Bytes(1, key).Bytes(2, value));
    return *this;
  }
  template <typename Elements, typename ToMessage>
  Message& Each(int tag, const Elements& elements, ToMessage to_message) {
    for (const auto& element : elements) Add(tag, to_message(element));
    return *this;
  }

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

Message Metadata(const CriContainer& container) {
  return Message().Text(1, container.name).Number(2, container.attempt);
}

Message Metadata(const CriSandbox& sandbox) {
  return Message()
      .Text(1, sandbox.name)
      .Text(2, sandbox.uid)
      .Text(3, sandbox.pod_namespace)
      .Number(4, sandbox.attempt);
}

Message Image(const CriContainer& container) {
  return Message()
      .Text(1, container.image)
      .Text(18, container.user_specified_image);
}

Message Mount(const CriMount& mount) {
  return Message()
      .Text(1, mount.container_path)
      .Text(2, mount.host_path)
      .Value(3, mount.readonly)
      .Value(5, mount.propagation);
}

Message Stats(const CriContainer& container) {
  const auto used = static_cast<std::int64_t>(container.writable_layer_bytes);
  return Message()
      .Add(1, Message().Text(1, container.id).Add(2, Metadata(container)))
      .Add(4, Message()
                  .Number(1, container.started_at)
                  .Add(3, Message().Number(1, used)));
}

/// A response with a status, and what a verbose one adds.
std::string StatusResponse(const Message& status, const std::string& info,
                           bool verbose) {
  Message message;
  if (verbose && !info.empty()) message.Map(2, {{"info", info}});
  return message.Add(1, status).bytes();
}

/// Calls `visit` for each field of a message, which reads or skips it.
template <typename Visit>
void ForEachField(std::string_view message, Visit visit) {
  protozero::pbf_reader reader(message.data(), message.size());
  while (reader.next()) visit(reader);
}

}  // namespace

std::string Tagged(int tag, std::uint64_t number) {
  return Varint(static_cast<std::uint64_t>(tag) << 3) + Varint(number);
}

std::string Tagged(int tag, std::string_view bytes) {
  return Varint(static_cast<std::uint64_t>(tag) << 3 | 2)
      .append(Varint(bytes.size()))
      .append(bytes);
}

std::string VersionResponse(std::string_view runtime_name) {
  return Message()
      .Text(1, "0.1.0")
      .Text(2, runtime_name)
      .Text(3, "1.7.24")
      .Text(4, "v1")
      .bytes();
}

std::string ListContainersResponse(
    const std::vector<CriContainer>& containers) {
  const auto to_message = [](const CriContainer& container) {
    return Message()
        .Text(1, container.id)
        .Text(2, container.sandbox_id)
        .Add(3, Metadata(container))
        .Add(4, Image(container))
        .Text(5, container.image_ref)
        .Value(6, container.state)
        .Number(7, container.created_at)
        .Map(8, container.labels)
        .Map(9, container.annotations)
        .Text(10, container.image_id);
  };
  return Message().Each(1, containers, to_message).bytes();
}

std::string ListPodSandboxResponse(const std::vector<CriSandbox>& sandboxes) {
  const auto to_message = [](const CriSandbox& sandbox) {
    return Message()
        .Text(1, sandbox.id)
        .Add(2, Metadata(sandbox))
        .Value(3, sandbox.state)
        .Number(4, sandbox.created_at)
        .Map(5, sandbox.labels)
        .Map(6, sandbox.annotations);
  };
  return Message().Each(1, sandboxes, to_message).bytes();
}

std::string ContainerStatusResponse(const CriContainer& container,
                                    bool verbose) {
  const Message status = Message()
                             .Text(1, container.id)
                             .Add(2, Metadata(container))
                             .Value(3, container.state)
                             .Number(4, container.created_at)
                             .Number(5, container.started_at)
                             .Number(6, container.finished_at)
                             .Number(7, container.exit_code)
                             .Add(8, Image(container))
                             .Text(9, container.image_ref)
                             .Map(12, container.labels)
                             .Map(13, container.annotations)
                             .Each(14, container.mounts, Mount)
                             .Text(15, container.log_path);
  return StatusResponse(status, container.info, verbose);
}

std::string PodSandboxStatusResponse(const CriSandbox& sandbox, bool verbose) {
  const auto address = [](const std::string& ip) {
    return Message().Text(1, ip);
  };
  const Message namespaces = Message().Value(1, sandbox.network);
  const Message status =
      Message()
          .Text(1, sandbox.id)
          .Add(2, Metadata(sandbox))
          .Value(3, sandbox.state)
          .Number(4, sandbox.created_at)
          .Add(5, Message()
                      .Text(1, sandbox.ip)
                      .Each(2, sandbox.additional_ips, address))
          .Add(6, Message().Add(1, Message().Add(2, namespaces)))
          .Map(7, sandbox.labels)
          .Map(8, sandbox.annotations);
  return StatusResponse(status, sandbox.info, verbose);
}

std::string ListContainerStatsResponse(
    const std::vector<CriContainer>& containers) {
  return Message().Each(1, containers, Stats).bytes();
}

bool IsVerbose(std::string_view message) {
  bool verbose = false;
  ForEachField(message, [&](protozero::pbf_reader& field) {
    if (field.tag() == 2) {
      verbose = field.get_bool();
    } else {
      field.skip();
    }
  });
  return verbose;
}

std::string FirstString(std::string_view message) {
  std::string text;
  ForEachField(message, [&](protozero::pbf_reader& field) {
    if (field.tag() == 1 &&
        field.wire_type() == protozero::pbf_wire_type::length_delimited) {
      text = field.get_string();
    } else {
      field.skip();
    }
  });
  return text;
}

}  // namespace containercollector::test
