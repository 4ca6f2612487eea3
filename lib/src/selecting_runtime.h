// SPDX-License-Identifier: Apache-2.0
/// Selects the runtime that runs the node's pods.
#ifndef CONTAINERCOLLECTOR_SRC_SELECTING_RUNTIME_H_
#define CONTAINERCOLLECTOR_SRC_SELECTING_RUNTIME_H_

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "containercollector/container_runtime.h"
#include "lib/src/runtime_candidate.h"

namespace containercollector::internal {

/// Selects one of several candidates: the first that lists Kubernetes
/// containers, else the first that lists any container, else the first that
/// responds.
///
/// Keeps its choice while that runtime lists Kubernetes containers. Chooses
/// again if the runtime lists none or refuses connections, or if another
/// candidate's socket appears or is replaced. There are no separate probes: the
/// list that shows the pods is the one that the caller gets.
///
/// Queries the candidates one after the other, which needs no threads and
/// leaves those behind the chosen one alone. A candidate that hangs gets a
/// quarter of the remaining time. Because it may run the pods, another
/// candidate is chosen in its place only if that one lists running pods.
/// Otherwise the hanging candidate is queried again with all the remaining
/// time, and its error is the result.
class SelectingRuntime final : public ContainerRuntime {
 public:
  /// @param candidates At least one, in order of preference.
  /// @param timeout Time limit of a whole call.
  SelectingRuntime(std::vector<RuntimeCandidate> candidates,
                   std::chrono::nanoseconds timeout);

  /// Returns the endpoint of the chosen runtime; empty before the first choice.
  [[nodiscard]] const std::string& endpoint() const noexcept override;
  [[nodiscard]] RuntimeChoice Choice() const override;

 private:
  class Selection;
  using Sockets = std::vector<SocketIdentity>;

  /// The chosen runtime, and why it was chosen. Immutable.
  struct Chosen {
    const RuntimeCandidate* candidate = nullptr;
    bool lists_pods = false;
    std::string reason;
    Sockets sockets;  ///< Those of the candidates before they were queried.
  };
  using ChosenPtr = std::shared_ptr<const Chosen>;

  void DoForEachContainer(const ListOptions& options,
                          const ContainerVisitor& visitor,
                          const CallOptions& call) const override;
  [[nodiscard]] PingResult DoPing(const CallOptions& call) const override;

  [[nodiscard]] ChosenPtr Last() const;
  void Save(Chosen chosen) const;

  /// Queries the list of the only candidate that may respond.
  void ListOnly(const RuntimeCandidate& only, const Chosen& last,
                const ListOptions& options, const ContainerVisitor& visitor,
                const CallOptions& call, Sockets sockets) const;

  /// Returns whether no candidate but the chosen one has a new socket.
  [[nodiscard]] bool Holds(const Chosen& last, const Sockets& sockets) const;

  /// Returns the candidates that may respond, in the order to query them.
  [[nodiscard]] std::vector<const RuntimeCandidate*> ToAsk(
      const Chosen& last, const Sockets& sockets) const;

  /// Returns the error that says why no runtime can be chosen.
  /// @param errors The errors of the candidates that were queried.
  [[nodiscard]] Error NoRuntime(const std::vector<Error>& errors,
                                const Sockets& sockets) const;

  const std::vector<RuntimeCandidate> candidates_;
  const std::chrono::nanoseconds timeout_;
  mutable std::mutex mutex_;
  mutable ChosenPtr chosen_;  // Guarded by mutex_. Never null.
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_SELECTING_RUNTIME_H_
