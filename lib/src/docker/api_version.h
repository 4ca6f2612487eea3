// SPDX-License-Identifier: Apache-2.0
/// Versions of the Docker API, and how a daemon rejects one.
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

/// The version whose structs the library has.
inline constexpr ApiVersion kPreferredApiVersion{1, 40};

bool operator==(ApiVersion a, ApiVersion b);
bool operator<(ApiVersion a, ApiVersion b);

/// Returns for example "1.40".
std::string ToString(ApiVersion version);

/// Parses a text such as "1.40" or "v1.40", with nothing before or after it.
std::optional<ApiVersion> ParseApiVersion(std::string_view text);

/// Returns the version nearest to kPreferredApiVersion from `oldest` to
/// `newest`.
ApiVersion NearestApiVersion(ApiVersion oldest, ApiVersion newest);

/// A daemon's "too old" or "too new".
struct ApiVersionRejection {
  /// The nearest version that the daemon takes, if it says so.
  std::optional<ApiVersion> nearest;
};

/// Parses the message of a daemon's error; std::nullopt if it is about
/// something else. The forms are those of moby 1.9 to 29,
/// api/server/middleware/version.go.
std::optional<ApiVersionRejection> ParseApiVersionRejection(
    std::string_view message);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_DOCKER_API_VERSION_H_
