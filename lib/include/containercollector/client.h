// SPDX-License-Identifier: Apache-2.0

/// @file
/// Asks a Docker daemon.
#ifndef CONTAINERCOLLECTOR_CLIENT_H_
#define CONTAINERCOLLECTOR_CLIENT_H_

#include <memory>
#include <string>
#include <vector>

#include "containercollector/client_options.h"
#include "containercollector/export.h"
#include "containercollector/list_options.h"
#include "containercollector/types.h"

namespace containercollector {

/// A Docker daemon, reached through libcurl.
///
/// RAII: owns its connections, which are kept and reused, and closes them when
/// it is destroyed. No connection is opened before the first call. A daemon
/// that is restarted, or replaced by one of another version, needs no new
/// Client.
///
/// Thread-safety: the calls may be made from many threads at once; each uses a
/// connection of its own. Moving, assigning and destroying need the Client for
/// themselves. A Client that was moved from can only be assigned to and
/// destroyed.
class CONTAINERCOLLECTOR_EXPORT Client {
 public:
  /// A client of the daemon that the environment names, see
  /// ClientOptions::FromEnvironment().
  /// @throws Error kInvalidArgument when the options cannot be used, with a
  /// text that says what to write.
  Client();

  /// @throws Error kInvalidArgument when the options cannot be used, with a
  /// text that says what to write.
  explicit Client(const ClientOptions& options);

  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// The containers of the node, newest first: `GET /containers/json`. One
  /// request, unless the daemon refuses the API version.
  /// @throws Error with any code. A failure is never an empty list.
  std::vector<Container> ListContainers(const ListOptions& options = {}) const;

  /// Whether the daemon answers at all: `GET /_ping`.
  /// @throws Error with any code.
  PingResult Ping() const;

  /// What the daemon says of itself: `GET /version`. The daemon asks its
  /// runtimes for theirs, so on a sick node this can hang where
  /// ListContainers() works.
  /// @throws Error with any code.
  DaemonVersion GetDaemonVersion() const;

  /// Where the daemon is, as in the options, e.g.
  /// "unix:///var/run/docker.sock".
  const std::string& endpoint() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_CLIENT_H_
