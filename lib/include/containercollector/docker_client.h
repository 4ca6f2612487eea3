// SPDX-License-Identifier: Apache-2.0

/// @file
/// A client for Docker daemons.
#ifndef CONTAINERCOLLECTOR_DOCKER_CLIENT_H_
#define CONTAINERCOLLECTOR_DOCKER_CLIENT_H_

#include <memory>
#include <string>

#include "containercollector/call_options.h"
#include "containercollector/container_runtime.h"
#include "containercollector/export.h"
#include "containercollector/list_options.h"
#include "containercollector/runtime_options.h"
#include "containercollector/types.h"

namespace containercollector {

/// Queries a Docker daemon through libcurl.
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
/// RAII: owns its connections, and opens none before the first call. Each call
/// opens a new connection to a Unix socket; TCP and TLS connections are reused.
/// If the daemon restarts or another version replaces it, the same DockerClient
/// keeps working.
///
/// Thread-safety: many threads may call a DockerClient at once. No call may be
/// running while it is moved, assigned or destroyed. A moved-from DockerClient
/// can only be assigned or destroyed.
///
/// After fork(), parent and child may both use it: the child opens its own
/// connections. No other thread may be in a call during the fork().
class CONTAINERCOLLECTOR_EXPORT DockerClient : public ContainerRuntime {
 public:
  /// Uses the options from the environment; see
  /// RuntimeOptions::FromEnvironment().
  /// @throws Error kInvalidArgument if an option is invalid.
  DockerClient();

  /// @throws Error kInvalidArgument if an option is invalid; the text says what
  /// to use instead.
  explicit DockerClient(const RuntimeOptions& options);

  ~DockerClient() override;
  DockerClient(DockerClient&&) noexcept;
  DockerClient& operator=(DockerClient&&) noexcept;
  DockerClient(const DockerClient&) = delete;
  DockerClient& operator=(const DockerClient&) = delete;

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

#endif  // CONTAINERCOLLECTOR_DOCKER_CLIENT_H_
