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

/// PEM files for a daemon that is reached by TLS. An empty path names no file.
struct TlsOptions {
  /// CA certificates that the daemon's certificate must chain to. Default: the
  /// system's.
  std::string ca_file;
  std::string cert_file;  ///< Certificate of this client.
  std::string key_file;   ///< Private key of that certificate.
  bool verify = true;     ///< Whether the daemon's certificate is verified.
};

/// How to reach a Docker daemon, and the limits of each call.
struct ClientOptions {
  /// Where the daemon listens, in the syntax of DOCKER_HOST: `unix:///path`,
  /// `tcp://host:port`, `http://host:port`, `https://host:port`. Default port:
  /// 2375, or 2376 with TLS.
  std::string endpoint = "unix:///var/run/docker.sock";

  /// API version to insist on, for example "1.40". Empty: 1.40 if the daemon
  /// takes it, else the nearest that it takes.
  std::string api_version;

  /// Time limit for connecting, 1 ms to a year.
  std::chrono::nanoseconds connect_timeout = std::chrono::seconds(5);

  /// Time limit for a whole call, from connecting to the last byte of the last
  /// response, 1 ms to a year.
  std::chrono::nanoseconds timeout = std::chrono::seconds(25);

  /// Largest response body of the daemon, 1 to 4294967295 bytes. The call fails
  /// as soon as more arrives.
  std::size_t max_response_bytes = std::size_t{256} << 20;

  /// If present, `tcp://` uses TLS. `https://` always does.
  std::optional<TlsOptions> tls;

  /// Returns options from the environment as Docker's own clients do:
  /// DOCKER_HOST, DOCKER_API_VERSION, DOCKER_CERT_PATH (a directory with
  /// ca.pem, cert.pem and key.pem) and DOCKER_TLS_VERIFY (not empty: the
  /// daemon's certificate is verified; only used with DOCKER_CERT_PATH). Not
  /// safe while another thread changes the environment.
  [[nodiscard]] CONTAINERCOLLECTOR_EXPORT static ClientOptions
  FromEnvironment();
};

CONTAINERCOLLECTOR_EXPORT bool operator==(const TlsOptions& a,
                                          const TlsOptions& b);
CONTAINERCOLLECTOR_EXPORT bool operator==(const ClientOptions& a,
                                          const ClientOptions& b);
inline bool operator!=(const TlsOptions& a, const TlsOptions& b) {
  return !(a == b);
}
inline bool operator!=(const ClientOptions& a, const ClientOptions& b) {
  return !(a == b);
}

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_CLIENT_OPTIONS_H_
