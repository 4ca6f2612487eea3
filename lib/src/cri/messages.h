// SPDX-License-Identifier: Apache-2.0
/// The messages of the Kubernetes CRI that the client needs, and of them what
/// it uses. The only part that knows protobuf.
///
/// The numbers are those of the CRI's api.proto, runtime.v1. runtime.v1alpha2
/// has the same numbers for these messages.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_MESSAGES_H_
#define CONTAINERCOLLECTOR_SRC_CRI_MESSAGES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "containercollector/error.h"
#include "containercollector/types.h"

namespace containercollector::internal::cri {

enum class ContainerState { kCreated, kRunning, kExited, kUnknown };
enum class SandboxState { kReady, kNotReady };
enum class Propagation { kPrivate, kHostToContainer, kBidirectional };

struct Image {
  std::string name;                 ///< A name, a digest or an ID.
  std::string user_specified_name;  ///< Empty before Kubernetes 1.28.
};

/// An entry of ListContainers. Times are nanoseconds since 1970.
struct ListedContainer {
  std::string id;
  std::string sandbox_id;
  std::string name;
  std::uint32_t attempt = 0;
  Image image;
  std::string image_ref;
  ContainerState state = ContainerState::kCreated;
  std::int64_t created_at = 0;
  StringMap labels;
  StringMap annotations;
};

/// An entry of ListPodSandbox.
struct ListedSandbox {
  std::string id;
  std::string pod_name;
  std::string pod_namespace;
  std::string pod_uid;
  std::uint32_t attempt = 0;
  SandboxState state = SandboxState::kReady;
  std::int64_t created_at = 0;
  StringMap labels;
  StringMap annotations;
};

struct Mount {
  std::string container_path;
  std::string host_path;
  bool read_only = false;
  Propagation propagation = Propagation::kPrivate;
};

struct ContainerStatus {
  ContainerState state = ContainerState::kCreated;
  std::int64_t started_at = 0;   ///< 0: never.
  std::int64_t finished_at = 0;  ///< 0: never.
  std::int32_t exit_code = 0;
  Image image;
  std::vector<Mount> mounts;
  std::string log_path;
};

struct SandboxStatus {
  SandboxState state = SandboxState::kReady;
  bool host_network = false;
  StringList addresses;
};

/// An entry of ListContainerStats.
struct ContainerStats {
  std::string id;
  std::uint64_t writable_layer_bytes = 0;
};

struct Version {
  std::string runtime_name;
  std::string runtime_version;
  std::string runtime_api_version;
};

/// What the decoders throw: what is wrong, and where, for example
/// "containers[3]: it has no id".
class MessageError : public Error {
 public:
  explicit MessageError(const std::string& text)
      : Error(ErrorCode::kResponseMalformed, text) {}
};

/// Decode the message of a response. A message of entries that would take over
/// 12 times its size in memory, and over 1 MiB, is malformed.
/// @throws MessageError
Version DecodeVersion(std::string_view message);
std::vector<ListedContainer> DecodeContainers(std::string_view message);
std::vector<ListedSandbox> DecodeSandboxes(std::string_view message);
ContainerStatus DecodeContainerStatus(std::string_view message);
SandboxStatus DecodeSandboxStatus(std::string_view message);
std::vector<ContainerStats> DecodeContainerStats(std::string_view message);

/// Returns the message of a request that names one container or sandbox. A
/// request that names none is empty.
std::string EncodeId(std::string_view id);

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_MESSAGES_H_
