// SPDX-License-Identifier: Apache-2.0

/// @file
/// How to reach the node's runtime.
#ifndef CONTAINERCOLLECTOR_RUNTIME_OPTIONS_H_
#define CONTAINERCOLLECTOR_RUNTIME_OPTIONS_H_

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "containercollector/export.h"

namespace containercollector {

/// PEM files for TLS connections to a daemon. An empty path means no file.
struct TlsOptions {
  /// CA certificates that the daemon's certificate must chain to. Default:
  /// those of the system.
  std::string ca_file;
  std::string cert_file;  ///< This client's certificate.
  std::string key_file;   ///< The private key of that certificate.
  bool verify = true;     ///< Whether to verify the daemon's certificate.
};

/// The protocol that a runtime speaks.
enum class RuntimeKind {
  kDocker,  ///< Docker's API, as served by a Docker daemon or Podman.
  kCri,     ///< The Kubernetes CRI, as served by containerd or CRI-O.
  kAuto,    ///< Whichever runtime runs the node's pods.
};

/// Returns "docker", "cri" or "auto".
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT std::string_view ToString(
    RuntimeKind kind) noexcept;

/// How to reach a runtime, and the limits of each call.
struct RuntimeOptions {
  /// The kind of runtime that MakeRuntime() returns.
  RuntimeKind kind = RuntimeKind::kDocker;

  /// The Docker daemon's endpoint, in the syntax of DOCKER_HOST:
  /// `unix:///path`, `unix://@abstract`, `tcp://host:port`, `host:port`,
  /// `http://host:port`, `https://host:port`. Omitted parts default to
  /// /var/run/docker.sock, localhost, and port 2375, or 2376 with TLS.
  std::string docker_endpoint = "unix:///var/run/docker.sock";

  /// The CRI runtime's endpoint: `unix:///path`. If empty, the default is
  /// unix:///run/containerd/containerd.sock or, for RuntimeKind::kAuto, the
  /// sockets of all known runtimes.
  std::string cri_endpoint;

  /// The only Docker API version to use, for example "1.40" or "v1.40". If
  /// empty: 1.40 if the daemon accepts it, else the nearest version that it
  /// accepts.
  std::string api_version;

  /// What sets api_version: the name of a variable, a flag or a field. The
  /// error text names it if a daemon rejects the version.
  std::string api_version_origin = "RuntimeOptions::api_version";

  /// Time limit for connecting, from 1 ms to one year.
  std::chrono::nanoseconds connect_timeout = std::chrono::seconds(5);

  /// Time limit for a whole call, from connecting to the last byte of the last
  /// response, from 1 ms to one year.
  std::chrono::nanoseconds timeout = std::chrono::seconds(25);

  /// Largest response to accept from the runtime, from 1 to 4294967295 bytes.
  /// The call fails as soon as more arrives.
  std::size_t max_response_bytes = std::size_t{256} << 20;

  /// If present, `tcp://` uses TLS. `https://` always does.
  std::optional<TlsOptions> tls;

  /// Returns the options that the environment sets, by the rules of Docker's
  /// CLI: DOCKER_HOST, DOCKER_API_VERSION, DOCKER_CERT_PATH (a directory with
  /// ca.pem, cert.pem and key.pem), DOCKER_TLS_VERIFY (not empty: use TLS and
  /// verify the daemon's certificate) and DOCKER_TLS (not empty: use TLS).
  /// Without DOCKER_CERT_PATH, TLS uses the files in DOCKER_CONFIG or
  /// ~/.docker. Not safe while another thread changes the environment.
  [[nodiscard]] CONTAINERCOLLECTOR_EXPORT static RuntimeOptions
  FromEnvironment();
};

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_RUNTIME_OPTIONS_H_
