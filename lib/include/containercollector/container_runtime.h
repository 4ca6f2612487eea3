// SPDX-License-Identifier: Apache-2.0

/// @file
/// The interface of every container runtime.
#ifndef CONTAINERCOLLECTOR_CONTAINER_RUNTIME_H_
#define CONTAINERCOLLECTOR_CONTAINER_RUNTIME_H_

#include <memory>
#include <string>
#include <vector>

#include "containercollector/call_options.h"
#include "containercollector/export.h"
#include "containercollector/list_options.h"
#include "containercollector/runtime_options.h"
#include "containercollector/types.h"

namespace containercollector {

/// The runtime that a ContainerRuntime queries.
struct RuntimeChoice {
  RuntimeKind kind = RuntimeKind::kAuto;  ///< kAuto: not chosen yet.
  std::string endpoint;  ///< As in the options; empty: not chosen yet.
  /// Why this runtime was chosen, as a text for people, for example "it lists
  /// Kubernetes containers". Empty if there was no alternative.
  std::string reason;
};

/// A service that knows the node's containers: DockerClient, CriClient, or the
/// one that MakeRuntime() selects. A Processor accepts any of them.
///
/// To write your own, implement the private functions. They receive the
/// arguments of the public ones.
///
/// Thread-safety: many threads may call a runtime at once. No call may be
/// running when it is destroyed.
class CONTAINERCOLLECTOR_EXPORT ContainerRuntime {
 public:
  virtual ~ContainerRuntime();

  /// Returns the node's containers, newest first. A failure is never an empty
  /// list. If the runtime lists an ID more than once, the last container with
  /// that ID wins.
  /// @throws Error kInvalidArgument for list options that are invalid for every
  /// runtime, kRequestRejected for those that this runtime rejects,
  /// kCannotConnect, kPermissionDenied, kTlsFailed, kTimeout, kCancelled,
  /// kResponseTruncated, kResponseMalformed, kResponseTooLarge, kDaemonError,
  /// kInternal.
  [[nodiscard]] std::vector<Container> ListContainers(
      const ListOptions& options = {}, const CallOptions& call = {}) const;

  /// Calls `visitor` for one container at a time, newest first, which keeps
  /// memory use independent of their number. All responses have arrived before
  /// the first `visitor` call, and the time limit no longer applies. If a
  /// Docker daemon lists an ID more than once, `visitor` gets each container
  /// with that ID; a later one replaces the earlier ones.
  /// @throws Error as ListContainers(), with kResponseMalformed possibly after
  /// some containers were visited, and whatever `visitor` throws.
  void ForEachContainer(const ListOptions& options,
                        const ContainerVisitor& visitor,
                        const CallOptions& call = {}) const {
    DoForEachContainer(options, visitor, call);
  }

  /// Returns what the runtime reports about itself, if it responds at all.
  /// @throws Error as ListContainers(), except for kInvalidArgument.
  PingResult Ping(const CallOptions& call = {}) const { return DoPing(call); }

  /// Returns the endpoint as in the options, for example
  /// "unix:///var/run/docker.sock". Empty for RuntimeKind::kAuto until a
  /// runtime is chosen.
  [[nodiscard]] virtual const std::string& endpoint() const noexcept = 0;

  /// Returns the runtime of the last call, or of the next one if there was
  /// none.
  [[nodiscard]] virtual RuntimeChoice Choice() const;

 protected:
  ContainerRuntime() = default;
  ContainerRuntime(const ContainerRuntime&) = default;
  ContainerRuntime& operator=(const ContainerRuntime&) = default;

 private:
  virtual void DoForEachContainer(const ListOptions& options,
                                  const ContainerVisitor& visitor,
                                  const CallOptions& call) const = 0;
  [[nodiscard]] virtual PingResult DoPing(const CallOptions& call) const = 0;
};

/// Returns the runtime that `options.kind` names.
///
/// RuntimeKind::kAuto selects the runtime that runs the node's pods: the first
/// candidate that lists Kubernetes containers, else the first that lists any
/// container, else the first that responds. The candidates are
/// `options.docker_endpoint` and either `options.cri_endpoint` or, if that is
/// empty, the usual CRI sockets. The first call makes the choice. A later call
/// chooses again if the chosen runtime refuses connections or lists no pods, or
/// if another candidate's socket appears.
///
/// @code
/// RuntimeOptions options = RuntimeOptions::FromEnvironment();
/// options.kind = RuntimeKind::kAuto;
/// const std::unique_ptr<ContainerRuntime> runtime = MakeRuntime(options);
/// containers = runtime->ListContainers();
/// std::cout << runtime->Choice().endpoint << "\n";
/// @endcode
/// @throws Error kInvalidArgument if an option is invalid; the text says what
/// to use instead.
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT std::unique_ptr<ContainerRuntime>
MakeRuntime(const RuntimeOptions& options = RuntimeOptions::FromEnvironment());

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_CONTAINER_RUNTIME_H_
