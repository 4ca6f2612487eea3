// SPDX-License-Identifier: Apache-2.0

/// The messages of the Kubernetes CRI. runtime.v1 and runtime.v1alpha2 have the
/// same field numbers.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_MESSAGES_H_
#define CONTAINERCOLLECTOR_SRC_CRI_MESSAGES_H_

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "containercollector/error.h"
#include "containercollector/types.h"

namespace containercollector::internal::cri {

/// Thrown if a collection exceeds its memory limit.
struct BudgetError : std::exception {};

/// The bytes that a collection may still use. Each part is charged before it is
/// built, because a small message can describe a large structure.
class Budget {
 public:
  explicit Budget(std::size_t bytes) noexcept : left_(bytes) {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  /// Checks that there are bytes for temporary use.
  /// @throws BudgetError if fewer bytes are left.
  void Require(std::size_t bytes) const {
    if (bytes > left_) throw BudgetError();
  }

  /// @throws BudgetError if fewer bytes are left.
  void Charge(std::size_t bytes) {
    Require(bytes);
    left_ -= bytes;
  }

  std::size_t left() const noexcept { return left_; }

 private:
  std::size_t left_;
};

/// Thrown by the decoders. The text says what is wrong and where, for example
/// "containers[3]: it has no id".
class MessageError : public Error {
 public:
  explicit MessageError(const std::string& text)
      : Error(ErrorCode::kResponseMalformed, text) {}
};

/// A map in message order. The last value of a repeated key wins.
using Pairs = std::vector<std::pair<std::string, std::string>>;

struct ImageSpec {
  std::string image;                 ///< A name, a digest or an ID.
  std::string user_specified_image;  ///< Empty before Kubernetes 1.28.
};

/// A listed container or sandbox. Its state is one of Docker's. Times are in
/// nanoseconds since 1970; 0 or less means unknown.
struct Listed {
  std::string id;
  std::string name;           ///< A sandbox has the name of its pod.
  std::string pod_namespace;  ///< Sandboxes only.
  std::string uid;            ///< Sandboxes only.
  std::uint32_t attempt = 0;
  std::string_view state;
  std::int64_t created_at = 0;
  Pairs labels;
  Pairs annotations;
  // Containers only:
  std::string sandbox_id;
  ImageSpec image;
  std::string image_ref;
  std::string image_id;  ///< Empty before Kubernetes 1.29.
};

/// What only a status call returns about a container or sandbox.
struct Details {
  std::string_view state;
  std::string command;    ///< Empty if the runtime omits it.
  std::size_t bytes = 0;  ///< Memory used by the details.
  // Containers only:
  std::int64_t started_at = 0;
  std::int64_t finished_at = 0;
  std::int32_t exit_code = 0;
  ImageSpec image;
  std::vector<MountPoint> mounts;
  std::string log_path;
  // Sandboxes only:
  std::string sandbox_image;  ///< Empty if the runtime omits it.
  bool host_network = false;
  std::string ip;
  std::vector<std::string> additional_ips;
};

/// The size of a container's writable layer.
struct Stats {
  std::string id;
  std::uint64_t used_bytes = 0;
};

struct Version {
  std::string runtime_name;
  std::string runtime_api_version;
};

/// Decode the message of a response, charging the budget for each part before
/// it is built.
/// @throws MessageError, BudgetError
Version DecodeVersion(std::string_view message, Budget& budget);
std::vector<Listed> DecodeList(std::string_view message, bool of_sandboxes,
                               Budget& budget);
Details DecodeDetails(std::string_view message, bool of_sandbox,
                      Budget& budget);
std::vector<Stats> DecodeStats(std::string_view message, Budget& budget);

/// Which containers or sandboxes to list. Empty: all.
struct ListRequest {
  std::string id;          ///< Whole. Containers only, as labels.
  std::string_view state;  ///< kStateRunning, kStateExited or empty.
  Pairs labels;

  bool empty() const noexcept {
    return id.empty() && state.empty() && labels.empty();
  }
};

/// Return the message of a request.
std::string EncodeListRequest(const ListRequest& request, bool of_sandboxes);
std::string EncodeStatusRequest(std::string_view id, bool verbose);

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_MESSAGES_H_
