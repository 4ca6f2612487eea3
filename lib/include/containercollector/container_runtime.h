// SPDX-License-Identifier: Apache-2.0

/// @file
/// The interface to whatever knows the node's containers.
#ifndef CONTAINERCOLLECTOR_CONTAINER_RUNTIME_H_
#define CONTAINERCOLLECTOR_CONTAINER_RUNTIME_H_

#include <memory>
#include <string>
#include <vector>

#include "containercollector/call_options.h"
#include "containercollector/export.h"
#include "containercollector/json.h"
#include "containercollector/list_options.h"
#include "containercollector/runtime_options.h"
#include "containercollector/types.h"

namespace containercollector {

/// Which runtime the calls of a ContainerRuntime go to.
struct RuntimeChoice {
  RuntimeKind kind = RuntimeKind::kAuto;  ///< kAuto: not chosen yet.
  std::string endpoint;  ///< As in the options. Empty: not chosen yet.
  /// Why it was chosen, for people, for example "it lists Kubernetes
  /// containers". Empty if there was nothing to choose from.
  std::string reason;
};

/// A service that knows the node's containers: DockerClient, CriClient, or the
/// one that MakeRuntime() selects. A Processor takes any.
///
/// To write one, implement the private functions. They get the arguments of the
/// public functions.
///
/// Thread-safety: many threads may call a runtime at once. Destroying it needs
/// it for itself.
class CONTAINERCOLLECTOR_EXPORT ContainerRuntime {
 public:
  virtual ~ContainerRuntime();

  /// Returns the containers of the node, newest first. A failure is never an
  /// empty list. If the runtime lists an ID more than once, the last container
  /// with it wins.
  /// @throws Error kInvalidArgument for list options that no runtime takes,
  /// kRequestRejected for those that this one rejects, kCannotConnect,
  /// kPermissionDenied, kTlsFailed, kTimeout, kCancelled, kResponseTruncated,
  /// kResponseMalformed, kResponseTooLarge, kDaemonError, kInternal.
  [[nodiscard]] std::vector<Container> ListContainers(
      const ListOptions& options = {}, const CallOptions& call = {}) const;

  /// Calls `visitor` for each container in turn, newest first, so that the
  /// memory does not grow with their number. All responses have arrived before
  /// the first call; the time limit of the call ends there. If a Docker daemon
  /// lists an ID more than once, `visitor` gets each container with it: a later
  /// one replaces those before it.
  /// @throws Error as ListContainers(), kResponseMalformed possibly after some
  /// containers were visited, and what `visitor` throws.
  void ForEachContainer(const ListOptions& options,
                        const ContainerVisitor& visitor,
                        const CallOptions& call = {}) const {
    DoForEachContainer(options, visitor, call);
  }

  /// Returns what the service says of itself, if it responds at all.
  /// @throws Error as ListContainers(), but for kInvalidArgument.
  PingResult Ping(const CallOptions& call = {}) const { return DoPing(call); }

  /// Returns the endpoint as in the options, for example
  /// "unix:///var/run/docker.sock".
  /// Empty before MakeRuntime()'s runtime for RuntimeKind::kAuto has chosen.
  [[nodiscard]] virtual const std::string& endpoint() const noexcept = 0;

  /// Returns which runtime the last call went to, or the next one goes to.
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

/// Returns the runtime that `options.kind` names. That of RuntimeKind::kAuto
/// asks the runtime that runs the pods of this node: of the usual CRI sockets,
/// or `options.cri_endpoint`, and of `options.docker_endpoint` the first that
/// lists Kubernetes containers, else the first that lists any container, else
/// the first that responds. It chooses at the first call, and again when that
/// runtime refuses connections or lists no pods, or the socket of another one
/// appears.
///
/// @code
/// RuntimeOptions options = RuntimeOptions::FromEnvironment();
/// options.kind = RuntimeKind::kAuto;
/// const std::unique_ptr<ContainerRuntime> runtime = MakeRuntime(options);
/// containers = runtime->ListContainers();
/// std::cout << runtime->Choice().endpoint << "\n";
/// @endcode
///
/// @throws Error kInvalidArgument if an option cannot be used, with a text that
/// says what to write.
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT std::unique_ptr<ContainerRuntime>
MakeRuntime(const RuntimeOptions& options = RuntimeOptions::FromEnvironment());

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_CONTAINER_RUNTIME_H_
