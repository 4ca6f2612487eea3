// SPDX-License-Identifier: Apache-2.0

/// @file
/// The client of a container runtime that implements the Kubernetes CRI.
#ifndef CONTAINERCOLLECTOR_CRI_CLIENT_H_
#define CONTAINERCOLLECTOR_CRI_CLIENT_H_

#include <memory>
#include <string>

#include "containercollector/call_options.h"
#include "containercollector/container_runtime.h"
#include "containercollector/export.h"
#include "containercollector/json.h"
#include "containercollector/list_options.h"
#include "containercollector/runtime_options.h"
#include "containercollector/types.h"

namespace containercollector {

/// Asks containerd, CRI-O or another runtime of Kubernetes, and shows its
/// containers as a Docker daemon with dockershim would have shown them.
///
/// @code
/// const CriClient client;  // unix:///run/containerd/containerd.sock
/// for (const Container& container : client.ListContainers())
///   std::cout << container.id << " " << container.state << "\n";
/// @endcode
///
/// The sandboxes of the pods are containers of the list. The CRI does not tell
/// everything: Container::size_root_fs, the names of volumes and most of
/// EndpointSettings are empty.
///
/// Two list calls carry a collection: if one fails, the collection fails. A
/// status call adds the details of each container and sandbox that the list
/// options do not exclude, many at once. It is made once for each state that a
/// container is in, so that a node on which nothing changes costs two calls. If
/// a status call fails, or takes more than a tenth of the timeout, the entry
/// keeps its listed data, and CallOptions::on_incomplete gets the error. All
/// status calls together take at most two fifths of the timeout. A container
/// that is removed meanwhile is left out.
///
/// A collection takes at most four times max_response_bytes of memory for what
/// it decodes; more is kResponseTooLarge.
///
/// The list options are applied by Docker's rules: `all`, `limit`, `size` and
/// the filters ancestor, before, exited, id, label, name, network (the value of
/// ContainerHostConfig), since and status. Others are rejected with
/// kRequestRejected.
///
/// In PingResult, api_version is that of the CRI, e.g. "v1".
///
/// RAII: keeps what status calls told, and no connection between two calls. A
/// runtime that restarts, or is
/// replaced by one of another version, needs no new CriClient.
///
/// Thread-safety: many threads may call a CriClient at once. Moving, assigning
/// and destroying need it for themselves. A CriClient that was moved from can
/// only be assigned to and destroyed.
///
/// After fork(), parent and child may both use it. No other thread may be in a
/// call during the fork().
class CONTAINERCOLLECTOR_EXPORT CriClient : public ContainerRuntime {
 public:
  /// @throws Error kInvalidArgument if an option cannot be used, with a text
  /// that says what to write; always if the library was built with
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
  class Impl;

  void DoForEachContainer(const ListOptions& options,
                          const ContainerVisitor& visitor,
                          const CallOptions& call) const override;
  [[nodiscard]] PingResult DoPing(const CallOptions& call) const override;

  std::unique_ptr<Impl> impl_;
};

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_CRI_CLIENT_H_
