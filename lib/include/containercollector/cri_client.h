// SPDX-License-Identifier: Apache-2.0

/// @file
/// A client for container runtimes that implement the Kubernetes CRI.
#ifndef CONTAINERCOLLECTOR_CRI_CLIENT_H_
#define CONTAINERCOLLECTOR_CRI_CLIENT_H_

#include <memory>
#include <string>

#include "containercollector/call_options.h"
#include "containercollector/container_runtime.h"
#include "containercollector/export.h"
#include "containercollector/list_options.h"
#include "containercollector/runtime_options.h"
#include "containercollector/types.h"

namespace containercollector {

/// Queries containerd, CRI-O or another CRI runtime, and returns its containers
/// and the pods' sandboxes as a Docker daemon with dockershim would have listed
/// them. The CRI does not report Container::size_root_fs, volume names and most
/// of EndpointSettings, so these are empty.
///
/// @code
/// const CriClient client;  // unix:///run/containerd/containerd.sock
/// for (const Container& container : client.ListContainers())
///   std::cout << container.id << " " << container.state << "\n";
/// @endcode
///
/// A collection fails if one of its two list calls does. Concurrent status
/// calls then add the details of each container and sandbox that the list
/// options do not exclude. The details are kept until the state changes, so on
/// a node where nothing changes, a collection is two calls. If a status call
/// fails or exceeds a tenth of the timeout, the entry keeps its listed data,
/// and CallOptions::on_incomplete receives the error. All status calls together
/// get at most two fifths of the timeout. A container that is removed in the
/// meantime is left out.
///
/// The decoded data of one collection is limited to three times
/// max_response_bytes; beyond that, the call throws kResponseTooLarge.
///
/// The list options follow Docker's rules: `all`, `limit`, `size` and the
/// filters ancestor, before, exited, id, label, name, network (the value of
/// ContainerHostConfig), since and status. Other filters are rejected with
/// kRequestRejected.
///
/// PingResult::api_version is the version of the CRI, e.g. "v1".
///
/// RAII: keeps the results of status calls, but no connections between calls,
/// so it keeps working if the runtime is restarted or replaced.
///
/// Thread-safety: many threads may call a CriClient at once. No call may be
/// running while it is moved, assigned or destroyed. A moved-from CriClient can
/// only be assigned or destroyed. After fork(), parent and child may both use
/// it, unless another thread was in a call during the fork().
class CONTAINERCOLLECTOR_EXPORT CriClient : public ContainerRuntime {
 public:
  /// @throws Error kInvalidArgument if an option is invalid; the text says what
  /// to use instead. Always throws it if the library was built with
  /// -DCONTAINERCOLLECTOR_CRI=OFF.
  explicit CriClient(const RuntimeOptions& options = {});

  ~CriClient() override;
  CriClient(CriClient&&) noexcept;
  CriClient& operator=(CriClient&&) noexcept;
  CriClient(const CriClient&) = delete;
  CriClient& operator=(const CriClient&) = delete;

  [[nodiscard]] const std::string& endpoint() const noexcept override;
  [[nodiscard]] RuntimeChoice Choice() const override;

 private:
  struct Impl;

  void DoForEachContainer(const ListOptions& options,
                          const ContainerVisitor& visitor,
                          const CallOptions& call) const override;
  [[nodiscard]] PingResult DoPing(const CallOptions& call) const override;

  std::unique_ptr<Impl> impl_;
};

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_CRI_CLIENT_H_
