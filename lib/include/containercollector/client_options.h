// SPDX-License-Identifier: Apache-2.0

/// @file
/// How to reach a Docker daemon.
#ifndef CONTAINERCOLLECTOR_CLIENT_OPTIONS_H_
#define CONTAINERCOLLECTOR_CLIENT_OPTIONS_H_

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "containercollector/export.h"

namespace containercollector {

/// Files, in PEM, for a daemon that is reached by TLS. An empty path is a file
/// that is not used.
struct TlsOptions {
  std::string ca_file;    ///< Who vouches for the daemon; empty: the system's
                          ///< authorities.
  std::string cert_file;  ///< Certificate of this client.
  std::string key_file;   ///< Key of that certificate.
  bool verify = true;     ///< Whether the daemon must prove who it is.
};

/// How to reach a Docker daemon, and how far to go for an answer.
struct ClientOptions {
  /// Where the daemon listens, as in DOCKER_HOST: `unix:///path`,
  /// `tcp://host:port`, `http://host:port`, `https://host:port`. The port may
  /// be left out: 2375, and 2376 with TLS.
  std::string endpoint = "unix:///var/run/docker.sock";

  /// API version to insist on, e.g. "1.40". Empty: 1.40 where the daemon takes
  /// it, else the nearest that it takes.
  std::string api_version;

  /// How long connecting may take, more than 0.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(5);

  /// How long a whole call may take, from connecting to the last byte, more
  /// than 0.
  std::chrono::milliseconds timeout = std::chrono::seconds(25);

  /// The largest answer to accept, in bytes, more than 0. More than that is an
  /// error as soon as it arrives.
  std::size_t max_response_bytes = std::size_t{256} << 20;

  /// Present: `tcp://` is spoken with TLS. `https://` always is.
  std::optional<TlsOptions> tls;

  /// Options as Docker's own clients take them from the environment:
  /// DOCKER_HOST, DOCKER_API_VERSION, DOCKER_CERT_PATH (a directory with
  /// ca.pem, cert.pem and key.pem) and DOCKER_TLS_VERIFY (not empty: the daemon
  /// must prove who it is; only used with DOCKER_CERT_PATH). Not safe while
  /// another thread changes the environment.
  CONTAINERCOLLECTOR_EXPORT static ClientOptions FromEnvironment();
};

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_CLIENT_OPTIONS_H_
