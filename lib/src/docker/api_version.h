// SPDX-License-Identifier: Apache-2.0
/// Docker API versions, and the errors by which daemons reject them.
#ifndef CONTAINERCOLLECTOR_SRC_DOCKER_API_VERSION_H_
#define CONTAINERCOLLECTOR_SRC_DOCKER_API_VERSION_H_

#include <optional>
#include <string>
#include <string_view>

namespace containercollector::internal {

struct ApiVersion {
  int major = 0;
  int minor = 0;
};

/// The API version whose structs the library mirrors.
inline constexpr ApiVersion kPreferredApiVersion{1, 40};

bool operator==(ApiVersion a, ApiVersion b);
bool operator<(ApiVersion a, ApiVersion b);

/// Returns for example "1.40".
std::string ToString(ApiVersion version);

/// Parses a text such as "1.40" or "v1.40", with nothing before or after it.
std::optional<ApiVersion> ParseApiVersion(std::string_view text);

/// Returns the version from `oldest` to `newest` that is nearest to
/// kPreferredApiVersion.
ApiVersion NearestApiVersion(ApiVersion oldest, ApiVersion newest);

/// A daemon's error that an API version is too old or too new.
struct ApiVersionRejection {
  /// The nearest version that the daemon accepts, if the error names one.
  std::optional<ApiVersion> nearest;
};

/// Parses the message of a daemon's error; returns std::nullopt if the message
/// is about something else. Accepts the forms of moby 1.9 to 29,
/// api/server/middleware/version.go.
std::optional<ApiVersionRejection> ParseApiVersionRejection(
    std::string_view message);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_DOCKER_API_VERSION_H_
