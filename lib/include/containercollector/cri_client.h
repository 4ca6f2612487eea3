// SPDX-License-Identifier: Apache-2.0

/// @file
/// The client of a container runtime that implements the Kubernetes CRI.
#ifndef CONTAINERCOLLECTOR_CRI_CLIENT_H_
#define CONTAINERCOLLECTOR_CRI_CLIENT_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "containercollector/call_options.h"
#include "containercollector/container_source.h"
#include "containercollector/export.h"
#include "containercollector/json.h"
#include "containercollector/list_options.h"
#include "containercollector/types.h"

namespace containercollector {

/// How to reach a container runtime, and the limits of each call.
struct CriClientOptions {
  /// Where the runtime listens: `unix:///path`. CRI-O listens at
  /// "unix:///var/run/crio/crio.sock".
  std::string endpoint = "unix:///run/containerd/containerd.sock";

  /// Time limit for connecting, 1 ms to a year.
  std::chrono::nanoseconds connect_timeout = std::chrono::seconds(5);

  /// Time limit for a whole call with all its requests, 1 ms to a year.
  std::chrono::nanoseconds timeout = std::chrono::seconds(25);

  /// Largest response of the runtime, 1 to 4294967295 bytes. The responses
  /// about the single containers of a list count together. The call fails as
  /// soon as more arrives.
  std::size_t max_response_bytes = std::size_t{256} << 20;
};

CONTAINERCOLLECTOR_EXPORT bool operator==(const CriClientOptions& a,
                                          const CriClientOptions& b);
inline bool operator!=(const CriClientOptions& a, const CriClientOptions& b) {
  return !(a == b);
}

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
/// everything: Container::command, Container::size_root_fs, the image of a
/// sandbox, the names of volumes and most of EndpointSettings are empty.
///
/// A list asks for all containers and sandboxes, and then for the status of
/// each that the list options do not exclude, many at once. A container that is
/// removed meanwhile is left out. The list options are applied here, by
/// Docker's rules: `all`, `limit`, `size` and the filters ancestor, before,
/// exited, id, label, name, network (the value of ContainerHostConfig), since
/// and status. Others are rejected with kRequestRejected.
///
/// In PingResult, api_version is that of the CRI, e.g. "v1".
///
/// RAII: owns no connection between two calls. A runtime that restarts, or is
/// replaced by one of another version, needs no new CriClient.
///
/// Thread-safety: many threads may call a CriClient at once. Moving, assigning
/// and destroying need it for themselves. A CriClient that was moved from can
/// only be assigned to and destroyed.
///
/// After fork(), parent and child may both use it. No other thread may be in a
/// call during the fork().
class CONTAINERCOLLECTOR_EXPORT CriClient : public ContainerSource {
 public:
  /// @throws Error kInvalidArgument if an option cannot be used, with a text
  /// that says what to write.
  explicit CriClient(const CriClientOptions& options = {});

  ~CriClient() override;
  CriClient(CriClient&&) noexcept;
  CriClient& operator=(CriClient&&) noexcept;
  CriClient(const CriClient&) = delete;
  CriClient& operator=(const CriClient&) = delete;

  [[nodiscard]] const std::string& endpoint() const noexcept override;

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
