// SPDX-License-Identifier: Apache-2.0

/// Messages of the Kubernetes CRI (runtime.v1), written from its api.proto.
#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_CRI_MESSAGES_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_CRI_MESSAGES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace containercollector::test {

/// In the order in which they are sent.
using CriMap = std::vector<std::pair<std::string, std::string>>;

enum class CriState { kCreated, kRunning, kExited, kUnknown };
enum class CriSandboxState { kReady, kNotReady };
enum class CriPropagation { kPrivate, kHostToContainer, kBidirectional };
enum class CriNetwork { kPod = 0, kNode = 2 };

struct CriMount {
  std::string container_path;
  std::string host_path;
  bool readonly = false;
  CriPropagation propagation = CriPropagation::kPrivate;
};

/// Times are in nanoseconds since 1970.
struct CriContainer {
  std::string id;
  std::string sandbox_id;
  std::string name;
  std::uint32_t attempt = 0;
  std::string image;
  std::string user_specified_image;
  std::string image_ref;
  std::string image_id;  ///< CRI-O sends it.
  CriState state = CriState::kRunning;
  std::int64_t created_at = 0;
  std::int64_t started_at = 0;
  std::int64_t finished_at = 0;
  std::int32_t exit_code = 0;
  CriMap labels;
  CriMap annotations;
  std::vector<CriMount> mounts;
  std::string log_path;
  std::uint64_t writable_layer_bytes = 0;
  std::string info;  ///< What a verbose status adds, a JSON text.
};

struct CriSandbox {
  std::string id;
  std::string name;
  std::string pod_namespace;
  std::string uid;
  std::uint32_t attempt = 0;
  CriSandboxState state = CriSandboxState::kReady;
  std::int64_t created_at = 0;
  CriMap labels;
  CriMap annotations;
  CriNetwork network = CriNetwork::kPod;
  std::string ip;
  std::vector<std::string> additional_ips;
  std::string info;  ///< What a verbose status adds, a JSON text.
};

/// Returns a field of a message: a number, or bytes after their length.
std::string Tagged(int tag, std::uint64_t number);
std::string Tagged(int tag, std::string_view bytes);

std::string VersionResponse(std::string_view runtime_name);
std::string ListContainersResponse(const std::vector<CriContainer>& containers);
std::string ListPodSandboxResponse(const std::vector<CriSandbox>& sandboxes);
std::string ContainerStatusResponse(const CriContainer& container,
                                    bool verbose = false);
std::string PodSandboxStatusResponse(const CriSandbox& sandbox,
                                     bool verbose = false);
std::string ListContainerStatsResponse(
    const std::vector<CriContainer>& containers);

/// Returns whether a request for a status asks for more than usual.
bool IsVerbose(std::string_view message);

/// Returns field 1 of a message, a string: the id of most CRI requests and
/// responses. Empty if there is none.
std::string FirstString(std::string_view message);

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_CRI_MESSAGES_H_
