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

/// PEM files for a daemon that is reached by TLS. An empty path names no file.
struct TlsOptions {
  /// CA certificates that the daemon's certificate must chain to. Default: the
  /// system's.
  std::string ca_file;
  std::string cert_file;  ///< Certificate of this client.
  std::string key_file;   ///< Private key of that certificate.
  bool verify = true;     ///< Whether the daemon's certificate is verified.
};

/// Which protocol a runtime speaks.
enum class RuntimeKind {
  kDocker,  ///< Docker's API, as a Docker daemon or Podman serves it.
  kCri,     ///< The Kubernetes CRI, as containerd or CRI-O serves it.
  kAuto,    ///< Whichever runs the pods of this node.
};

/// Returns "docker", "cri" or "auto".
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT std::string_view ToString(
    RuntimeKind kind) noexcept;

/// How to reach a runtime, and the limits of each call.
struct RuntimeOptions {
  /// Which runtime MakeRuntime() returns.
  RuntimeKind kind = RuntimeKind::kDocker;

  /// Where the Docker daemon listens, in the syntax of DOCKER_HOST:
  /// `unix:///path`, `unix://@abstract`, `tcp://host:port`, `host:port`,
  /// `http://host:port`, `https://host:port`. What is left out is
  /// /var/run/docker.sock, localhost, and port 2375, or 2376 with TLS.
  std::string docker_endpoint = "unix:///var/run/docker.sock";

  /// Where the CRI runtime listens: `unix:///path`. Empty: containerd's socket,
  /// unix:///run/containerd/containerd.sock; for RuntimeKind::kAuto the sockets
  /// of all usual runtimes.
  std::string cri_endpoint;

  /// Docker API version to insist on, for example "1.40" or "v1.40".
  /// Empty: 1.40 if the daemon accepts it, else the nearest that it accepts.
  std::string api_version;

  /// Where api_version comes from, for the text of a daemon that rejects it:
  /// the name of a variable, a flag or a field.
  std::string api_version_origin = "RuntimeOptions::api_version";

  /// Time limit for connecting, 1 ms to a year.
  std::chrono::nanoseconds connect_timeout = std::chrono::seconds(5);

  /// Time limit for a whole call, from connecting to the last byte of the last
  /// response, 1 ms to a year.
  std::chrono::nanoseconds timeout = std::chrono::seconds(25);

  /// Largest response of the runtime, 1 to 4294967295 bytes. The call fails as
  /// soon as more arrives.
  std::size_t max_response_bytes = std::size_t{256} << 20;

  /// If present, `tcp://` uses TLS. `https://` always does.
  std::optional<TlsOptions> tls;

  /// Returns options from the environment as Docker's CLI does: DOCKER_HOST,
  /// DOCKER_API_VERSION, DOCKER_CERT_PATH (a directory with ca.pem, cert.pem
  /// and key.pem), DOCKER_TLS_VERIFY (not empty: TLS, and the daemon's
  /// certificate is verified) and DOCKER_TLS (not empty: TLS). Without
  /// DOCKER_CERT_PATH, TLS uses the files in DOCKER_CONFIG or ~/.docker. Not
  /// safe while another thread changes the environment.
  [[nodiscard]] CONTAINERCOLLECTOR_EXPORT static RuntimeOptions
  FromEnvironment();
};

CONTAINERCOLLECTOR_EXPORT bool operator==(const TlsOptions& a,
                                          const TlsOptions& b);
CONTAINERCOLLECTOR_EXPORT bool operator==(const RuntimeOptions& a,
                                          const RuntimeOptions& b);
inline bool operator!=(const TlsOptions& a, const TlsOptions& b) {
  return !(a == b);
}
inline bool operator!=(const RuntimeOptions& a, const RuntimeOptions& b) {
  return !(a == b);
}

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_RUNTIME_OPTIONS_H_
