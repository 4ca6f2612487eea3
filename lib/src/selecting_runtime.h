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

/// Asks one of several candidates: the first that lists Kubernetes containers,
/// else the first that lists any container, else the first that responds.
///
/// Keeps its choice while that runtime lists Kubernetes containers. Chooses
/// again if it lists none or refuses connections, and if the socket of another
/// candidate appears or is replaced. To list is to probe: the list that shows
/// the pods is the one that the caller gets.
///
/// Candidates are probed one after the other, so that no threads are needed and
/// that those behind the chosen one are left alone. A candidate that hangs gets
/// a quarter of the time that remains. It may be the runtime of the pods, so
/// only a runtime that lists running pods is chosen in its place. Otherwise it
/// is asked again with all the time that is left, and its error is the result.
class SelectingRuntime final : public ContainerRuntime {
 public:
  /// @param candidates At least one, those to prefer first.
  /// @param timeout Time limit of a whole call.
  SelectingRuntime(std::vector<RuntimeCandidate> candidates,
                   std::chrono::nanoseconds timeout);

  /// Returns the endpoint of the chosen runtime; empty before the first choice.
  [[nodiscard]] const std::string& endpoint() const noexcept override;
  [[nodiscard]] RuntimeChoice Choice() const override;

 private:
  class Selection;
  using Sockets = std::vector<SocketIdentity>;

  /// What was chosen, and why. Immutable.
  struct Chosen {
    const RuntimeCandidate* candidate = nullptr;
    bool lists_pods = false;
    std::string reason;
    Sockets sockets;  ///< Those of the candidates before they were asked.
  };
  using ChosenPtr = std::shared_ptr<const Chosen>;

  void DoForEachContainer(const ListOptions& options,
                          const ContainerVisitor& visitor,
                          const CallOptions& call) const override;
  [[nodiscard]] PingResult DoPing(const CallOptions& call) const override;

  [[nodiscard]] ChosenPtr Last() const;
  void Save(Chosen chosen) const;

  /// Lists what the only candidate that may respond has.
  void ListOnly(const RuntimeCandidate& only, const Chosen& last,
                const ListOptions& options, const ContainerVisitor& visitor,
                const CallOptions& call, Sockets sockets) const;

  /// Whether no candidate but the chosen one has a new socket.
  [[nodiscard]] bool Holds(const Chosen& last, const Sockets& sockets) const;

  /// Returns the candidates that may respond, in the order in which to ask.
  [[nodiscard]] std::vector<const RuntimeCandidate*> ToAsk(
      const Chosen& last, const Sockets& sockets) const;

  /// Returns why there is no runtime to choose.
  /// @param errors Those of the candidates that were asked.
  [[nodiscard]] Error NoRuntime(const std::vector<Error>& errors,
                                const Sockets& sockets) const;

  const std::vector<RuntimeCandidate> candidates_;
  const std::chrono::nanoseconds timeout_;
  mutable std::mutex mutex_;
  mutable ChosenPtr chosen_;  // Guarded by mutex_. Never null.
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_SELECTING_RUNTIME_H_
