// SPDX-License-Identifier: Apache-2.0
/// The messages of the Kubernetes CRI, reduced to the fields that the client
/// uses. Mirrors runtime.v1 in the CRI's api.proto. runtime.v1alpha2 uses the
/// same field numbers.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_MESSAGES_H_
#define CONTAINERCOLLECTOR_SRC_CRI_MESSAGES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "containercollector/error.h"
#include "lib/src/cri/budget.h"

namespace containercollector::internal::cri {

enum class ContainerState { kCreated, kRunning, kExited, kUnknown };
enum class SandboxState { kReady, kNotReady };
enum class Propagation { kPrivate, kHostToContainer, kBidirectional };
enum class NamespaceMode { kOther, kNode };

/// A map in message order. The last value of a repeated key wins.
using Pairs = std::vector<std::pair<std::string, std::string>>;

struct ImageSpec {
  std::string image;                 ///< A name, a digest or an ID.
  std::string user_specified_image;  ///< Empty before Kubernetes 1.28.
};

struct ContainerMetadata {
  std::string name;
  std::uint32_t attempt = 0;
};

struct PodSandboxMetadata {
  std::string name;
  std::string uid;
  std::string pod_namespace;
  std::uint32_t attempt = 0;
};

/// An entry of ListContainers. Times are in nanoseconds since 1970; 0 or less
/// means unknown.
struct ListedContainer {
  std::string id;
  std::string sandbox_id;
  ContainerMetadata metadata;
  ImageSpec image;
  std::string image_ref;
  std::string image_id;  ///< Empty before Kubernetes 1.29.
  ContainerState state = ContainerState::kCreated;
  std::int64_t created_at = 0;
  Pairs labels;
  Pairs annotations;
};

/// An entry of ListPodSandbox.
struct ListedSandbox {
  std::string id;
  PodSandboxMetadata metadata;
  SandboxState state = SandboxState::kReady;
  std::int64_t created_at = 0;
  Pairs labels;
  Pairs annotations;
};

struct Mount {
  std::string container_path;
  std::string host_path;
  bool read_only = false;
  Propagation propagation = Propagation::kPrivate;
};

struct ContainerStatus {
  ContainerState state = ContainerState::kCreated;
  std::int64_t started_at = 0;
  std::int64_t finished_at = 0;
  std::int32_t exit_code = 0;
  ImageSpec image;
  std::vector<Mount> mounts;
  std::string log_path;
};

struct PodIp {
  std::string ip;
};

struct SandboxNetwork {
  std::string ip;
  std::vector<PodIp> additional_ips;
};

struct NamespaceOptions {
  NamespaceMode network = NamespaceMode::kOther;
};
struct SandboxNamespaces {
  NamespaceOptions options;
};
struct LinuxSandboxStatus {
  SandboxNamespaces namespaces;
};

struct SandboxStatus {
  SandboxState state = SandboxState::kReady;
  SandboxNetwork network;
  LinuxSandboxStatus linux_status;

  bool host_network() const noexcept {
    return linux_status.namespaces.options.network == NamespaceMode::kNode;
  }
};

/// A response of ContainerStatus or PodSandboxStatus. The views are valid only
/// as long as the message.
template <typename Status>
struct StatusResponse {
  struct InfoEntry {
    std::string_view key;
    std::string_view value;
  };
  std::optional<Status> status;
  std::vector<InfoEntry> info;

  /// Returns the JSON text of a verbose response; empty if there is none.
  std::string_view Info() const noexcept {
    std::string_view text;
    for (const InfoEntry& entry : info)
      if (entry.key == "info") text = entry.value;
    return text;
  }
};

struct ContainerAttributes {
  std::string id;
};
struct UInt64Value {
  std::uint64_t value = 0;
};
struct FilesystemUsage {
  UInt64Value used_bytes;
};

/// An entry of ListContainerStats.
struct ContainerStats {
  ContainerAttributes attributes;
  FilesystemUsage writable_layer;
};

struct Version {
  std::string runtime_name;
  std::string runtime_version;
  std::string runtime_api_version;
};

/// Thrown by the decoders. The text says what is wrong and where, for example
/// "containers[3]: it has no id".
class MessageError : public Error {
 public:
  explicit MessageError(const std::string& text)
      : Error(ErrorCode::kResponseMalformed, text) {}
};

/// Decode the message of a response, charging the budget for each part before
/// it is built.
/// @throws MessageError, BudgetError
Version DecodeVersion(std::string_view message, Budget& budget);
std::vector<ListedContainer> DecodeContainers(std::string_view message,
                                              Budget& budget);
std::vector<ListedSandbox> DecodeSandboxes(std::string_view message,
                                           Budget& budget);
StatusResponse<ContainerStatus> DecodeContainerStatus(std::string_view message,
                                                      Budget& budget);
StatusResponse<SandboxStatus> DecodeSandboxStatus(std::string_view message,
                                                  Budget& budget);
std::vector<ContainerStats> DecodeContainerStats(std::string_view message,
                                                 Budget& budget);

/// Which containers to list. Empty: all.
struct ListRequest {
  std::string id;  ///< Whole.
  std::optional<ContainerState> state;
  Pairs labels;

  bool empty() const noexcept { return id.empty() && !state && labels.empty(); }
};

/// Return the message of a request.
std::string EncodeListContainers(const ListRequest& request);
std::string EncodeListSandboxes(std::optional<SandboxState> state);
std::string EncodeStatusRequest(std::string_view id, bool verbose);

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_MESSAGES_H_
