// SPDX-License-Identifier: Apache-2.0
/// A runtime that may be the one to ask, and what it lists.
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

/// Tells a socket file from the one that takes its place.
struct SocketIdentity {
  bool exists = false;
  dev_t device = 0;
  ino_t inode = 0;
  std::int64_t changed_at = 0;  ///< Nanoseconds. Inode numbers are used again.
};

bool operator==(const SocketIdentity& a, const SocketIdentity& b);

struct RuntimeCandidate {
  std::unique_ptr<const ContainerRuntime> runtime;
  std::string socket_path;  ///< Empty if it has no socket file.

  /// Returns what its socket is now. Without a file, only a call tells whether
  /// something listens: such a candidate always exists.
  [[nodiscard]] SocketIdentity Socket() const;

  /// Whether `error` of its client means that nobody listens there for this
  /// user.
  [[nodiscard]] bool Refuses(const Error& error) const;
};

/// The list of one candidate, held back until it is clear that the candidate is
/// the one to ask.
class CandidateList {
 public:
  /// @param visitor Null if nobody wants the list.
  CandidateList(const RuntimeCandidate& candidate,
                const ContainerVisitor* visitor)
      : candidate_(&candidate), visitor_(visitor) {}

  /// Passes on what is held back, and from now on holds nothing back.
  void Open(const CallOptions& call);

  /// Asks for the list, and opens at the first container of a pod.
  /// @param only_running Whether stopped containers of pods do not count.
  void List(const ListOptions& options, const CallOptions& call,
            bool only_running);

  const RuntimeCandidate& candidate() const noexcept { return *candidate_; }
  bool open() const noexcept { return open_; }
  bool any() const noexcept { return any_; }  ///< Whether it has a container.
  bool pods() const noexcept {
    return pods_;
  }  ///< Whether it has one of a pod.

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
