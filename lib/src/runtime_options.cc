// SPDX-License-Identifier: Apache-2.0

#include "containercollector/runtime_options.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <limits>

#include "containercollector/error.h"
#include "lib/src/docker/messages.h"
#include "lib/src/endpoint.h"

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

/// @throws Error kInvalidArgument unless the option is valid.
void Check(bool is_valid, const std::string& text) {
  if (!is_valid) throw Error(ErrorCode::kInvalidArgument, "invalid " + text);
}

void CheckDuration(const std::string& name, std::chrono::nanoseconds duration) {
  using std::chrono::milliseconds;
  // libcurl stores milliseconds in a long, and adds to them.
  constexpr auto kLongest = std::chrono::hours(24 * 365);
  const bool whole = duration % milliseconds(1) == milliseconds(0);
  Check(duration >= milliseconds(1) && duration <= kLongest,
        name + " of " +
            (whole ? std::to_string(duration / milliseconds(1)) + "ms"
                   : std::to_string(duration.count()) + "ns") +
            ": write at least 1ms and at most a year");
}

}  // namespace

const RuntimeOptions& internal::CheckOptions(const RuntimeOptions& options) {
  // The largest size that the JSON parser and gRPC's length prefix can
  // represent.
  constexpr std::size_t kLargest = std::numeric_limits<std::uint32_t>::max();
  Check(options.api_version.empty() || ParseApiVersion(options.api_version),
        "API version \"" + options.api_version +
            "\": write e.g. 1.40, or nothing to use what the daemon takes");
  CheckDuration("timeout", options.timeout);
  CheckDuration("connect timeout", options.connect_timeout);
  Check(
      options.max_response_bytes >= 1 && options.max_response_bytes <= kLargest,
      "max response of " + std::to_string(options.max_response_bytes) +
          " bytes: write 1 to " + std::to_string(kLargest));
  Check(!options.tls ||
            options.tls->cert_file.empty() == options.tls->key_file.empty(),
        "TLS files: a client's certificate and its key go together, write both "
        "or neither");
  return options;
}

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
    options.tls = {directory + "/ca.pem", directory + "/cert.pem",
                   directory + "/key.pem", verify};
  }
  return options;
}

std::string_view ToString(RuntimeKind kind) noexcept {
  return kind == RuntimeKind::kDocker ? "docker"
         : kind == RuntimeKind::kCri  ? "cri"
                                      : "auto";
}

}  // namespace containercollector
