// SPDX-License-Identifier: Apache-2.0

#include "containercollector/runtime_options.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <tuple>

#include "containercollector/error.h"
#include "lib/src/docker/messages.h"
#include "lib/src/option_checks.h"

namespace containercollector {
namespace {

std::string FromEnvironmentOr(const char* name, const std::string& value) {
  const char* const text = std::getenv(name);
  return text != nullptr && *text != '\0' ? text : value;
}

/// Returns the directory of Docker's CLI configuration.
std::string DockerConfigDirectory() {
  std::string directory = FromEnvironmentOr("DOCKER_CONFIG", "");
  if (!directory.empty()) return directory;
  // Services often have no HOME.
  const passwd* const user = getpwuid(getuid());
  const char* const home = user != nullptr ? user->pw_dir : "";
  return FromEnvironmentOr("HOME", home) + "/.docker";
}

[[noreturn]] void RejectOption(const std::string& text) {
  throw Error(ErrorCode::kInvalidArgument, text);
}

void CheckDuration(const char* name, std::chrono::nanoseconds duration) {
  using std::chrono::milliseconds;
  // libcurl stores milliseconds in a long, and adds to them.
  constexpr auto kLongest = std::chrono::hours(24 * 365);
  if (duration >= milliseconds(1) && duration <= kLongest) return;
  const bool whole = duration % milliseconds(1) == milliseconds(0);
  const std::string text =
      whole ? std::to_string(duration / milliseconds(1)) + "ms"
            : std::to_string(duration.count()) + "ns";
  RejectOption(std::string("invalid ") + name + " of " + text +
               ": write at least 1ms and at most a year");
}

void CheckMaxResponse(std::size_t bytes) {
  // The largest size that the JSON parser and gRPC's length prefix can
  // represent.
  constexpr std::size_t kLargest = std::numeric_limits<std::uint32_t>::max();
  if (bytes >= 1 && bytes <= kLargest) return;
  RejectOption("invalid max response of " + std::to_string(bytes) +
               " bytes: write 1 to " + std::to_string(kLargest));
}

}  // namespace

namespace internal {

const RuntimeOptions& CheckOptions(const RuntimeOptions& options) {
  if (!options.api_version.empty() && !ParseApiVersion(options.api_version)) {
    RejectOption(
        "invalid API version \"" + options.api_version +
        "\": write e.g. 1.40, or nothing to use what the daemon takes");
  }
  CheckDuration("timeout", options.timeout);
  CheckDuration("connect timeout", options.connect_timeout);
  CheckMaxResponse(options.max_response_bytes);
  if (options.tls &&
      options.tls->cert_file.empty() != options.tls->key_file.empty()) {
    RejectOption(
        "invalid TLS files: a client's certificate and its key go together, "
        "write both or neither");
  }
  return options;
}

}  // namespace internal

RuntimeOptions RuntimeOptions::FromEnvironment() {
  RuntimeOptions options;
  options.docker_endpoint =
      FromEnvironmentOr("DOCKER_HOST", options.docker_endpoint);
  options.api_version = FromEnvironmentOr("DOCKER_API_VERSION", "");
  if (!options.api_version.empty())
    options.api_version_origin = "DOCKER_API_VERSION";
  const bool verify = !FromEnvironmentOr("DOCKER_TLS_VERIFY", "").empty();
  std::string directory = FromEnvironmentOr("DOCKER_CERT_PATH", "");
  if (directory.empty() &&
      (verify || !FromEnvironmentOr("DOCKER_TLS", "").empty()))
    directory = DockerConfigDirectory();
  if (!directory.empty()) {
    TlsOptions tls;
    tls.ca_file = directory + "/ca.pem";
    tls.cert_file = directory + "/cert.pem";
    tls.key_file = directory + "/key.pem";
    tls.verify = verify;
    options.tls = tls;
  }
  return options;
}

std::string_view ToString(RuntimeKind kind) noexcept {
  switch (kind) {
    case RuntimeKind::kDocker:
      return "docker";
    case RuntimeKind::kCri:
      return "cri";
    case RuntimeKind::kAuto:
      break;
  }
  return "auto";
}

bool operator==(const TlsOptions& a, const TlsOptions& b) {
  return std::tie(a.ca_file, a.cert_file, a.key_file, a.verify) ==
         std::tie(b.ca_file, b.cert_file, b.key_file, b.verify);
}

bool operator==(const RuntimeOptions& a, const RuntimeOptions& b) {
  return std::tie(a.kind, a.docker_endpoint, a.cri_endpoint, a.api_version,
                  a.api_version_origin, a.connect_timeout, a.timeout,
                  a.max_response_bytes, a.tls) ==
         std::tie(b.kind, b.docker_endpoint, b.cri_endpoint, b.api_version,
                  b.api_version_origin, b.connect_timeout, b.timeout,
                  b.max_response_bytes, b.tls);
}

}  // namespace containercollector
