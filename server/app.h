// SPDX-License-Identifier: Apache-2.0

/// The whole server.
#ifndef CONTAINERCOLLECTOR_SERVER_APP_H_
#define CONTAINERCOLLECTOR_SERVER_APP_H_

#include <memory>
#include <string>

#include "server/options.h"

namespace containercollector::server {

/// RAII: serves from its construction until Shutdown() or its destruction.
class Server {
 public:
  /// @throws std::runtime_error with a text for people when it cannot listen.
  explicit Server(const Options& options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Where it listens, e.g. "http://127.0.0.1:8091".
  const std::string& url() const noexcept;

  /// Reads the certificates again, for connections from now on. Where they
  /// cannot be used, it says so in the log and keeps the old ones.
  void ReloadCertificates();

  /// Accepts nothing more, answers those who wait, and returns when that is
  /// done: at the latest when the Docker daemon's time is up, and a second.
  void Shutdown();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_APP_H_
