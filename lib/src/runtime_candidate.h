// SPDX-License-Identifier: Apache-2.0
/// A runtime that may be chosen, and what it lists.
#ifndef CONTAINERCOLLECTOR_SRC_RUNTIME_CANDIDATE_H_
#define CONTAINERCOLLECTOR_SRC_RUNTIME_CANDIDATE_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "containercollector/container_runtime.h"
#include "containercollector/error.h"

namespace containercollector::internal {

/// Distinguishes a socket file from a later one at the same path.
struct SocketIdentity {
  bool exists = false;
  dev_t device = 0;
  ino_t inode = 0;
  std::int64_t changed_at = 0;  ///< Nanoseconds. Inode numbers are reused.
};

bool operator==(const SocketIdentity& a, const SocketIdentity& b);

struct RuntimeCandidate {
  std::unique_ptr<const ContainerRuntime> runtime;
  std::string socket_path;  ///< Empty if there is no socket file.

  /// Returns the current identity of its socket. Without a socket file, only a
  /// call shows whether something listens, so the candidate always counts as
  /// existing.
  [[nodiscard]] SocketIdentity Socket() const;

  /// Returns whether `error`, thrown by its client, means that nothing listens
  /// there for this user.
  [[nodiscard]] bool Refuses(const Error& error) const;
};

/// The list of one candidate, held back until that candidate is chosen.
class CandidateList {
 public:
  /// @param visitor Null if the caller does not want the list.
  CandidateList(const RuntimeCandidate& candidate,
                const ContainerVisitor* visitor)
      : candidate_(&candidate), visitor_(visitor) {}

  /// Passes on what was held back, and everything that follows.
  void Open(const CallOptions& call);

  /// Queries the list. Calls Open() at the first container of a pod.
  /// @param only_running Whether to ignore the stopped containers of pods.
  void List(const ListOptions& options, const CallOptions& call,
            bool only_running);

  const RuntimeCandidate& candidate() const noexcept { return *candidate_; }
  bool open() const noexcept { return open_; }
  bool any() const noexcept { return any_; }  ///< Whether it has any container.
  bool pods() const noexcept {
    return pods_;
  }  ///< Whether it has a pod's container.

 private:
  void Visit(Container& container, const CallOptions& call, bool only_running);

  const RuntimeCandidate* candidate_;
  const ContainerVisitor* visitor_;
  std::vector<Container> held_;
  std::vector<Error> incomplete_;
  bool open_ = false;
  bool any_ = false;
  bool pods_ = false;
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_RUNTIME_CANDIDATE_H_
