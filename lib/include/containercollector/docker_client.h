// SPDX-License-Identifier: Apache-2.0

/// @file
/// The client of a Docker daemon.
#ifndef CONTAINERCOLLECTOR_DOCKER_CLIENT_H_
#define CONTAINERCOLLECTOR_DOCKER_CLIENT_H_

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

/// Asks a Docker daemon, through libcurl.
///
/// A list is one request, `GET /containers/json`, unless the daemon rejects the
/// API version. Ping() sends `GET /_ping`.
///
/// @code
/// const DockerClient client;  // DOCKER_HOST, or unix:///var/run/docker.sock
/// for (const Container& container : client.ListContainers())
///   std::cout << container.id << " " << container.state << "\n";
/// @endcode
///
/// RAII: owns its connections, and opens none before the first call. A Unix
/// socket is connected for each call; TCP and TLS connections are kept. A
/// daemon that restarts, or is replaced by one of another version, needs no new
/// DockerClient.
///
/// Thread-safety: many threads may call a DockerClient at once. Moving,
/// assigning and destroying need it for themselves. A DockerClient that was
/// moved from can only be assigned to and destroyed.
///
/// After fork(), parent and child may both use it: the child opens connections
/// of its own. No other thread may be in a call during the fork().
class CONTAINERCOLLECTOR_EXPORT DockerClient : public ContainerRuntime {
 public:
  /// Connects as the environment says, see RuntimeOptions::FromEnvironment().
  /// @throws Error kInvalidArgument if an option cannot be used.
  DockerClient();

  /// @throws Error kInvalidArgument if an option cannot be used, with a text
  /// that says what to write.
  explicit DockerClient(const RuntimeOptions& options);

  ~DockerClient() override;
  DockerClient(DockerClient&&) noexcept;
  DockerClient& operator=(DockerClient&&) noexcept;
  DockerClient(const DockerClient&) = delete;
  DockerClient& operator=(const DockerClient&) = delete;

  /// Returns what the daemon says of itself: `GET /version`. The daemon asks
  /// its runtimes for theirs, so on a sick node this can hang although
  /// ListContainers() works.
  /// @throws Error as Ping().
  [[nodiscard]] DaemonVersion GetDaemonVersion(
      const CallOptions& call = {}) const;

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

#endif  // CONTAINERCOLLECTOR_DOCKER_CLIENT_H_
