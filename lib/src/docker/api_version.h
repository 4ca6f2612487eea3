// SPDX-License-Identifier: Apache-2.0

/// Versions of the Docker API, and what a daemon says when it refuses one.
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

/// "1.40"
std::string ToString(ApiVersion version);

/// Reads "1.40"; nothing else may be in the text.
std::optional<ApiVersion> ParseApiVersion(std::string_view text);

/// The version nearest to kPreferredApiVersion from `oldest` to `newest`.
ApiVersion NearestApiVersion(ApiVersion oldest, ApiVersion newest);

/// A daemon's "too old" or "too new".
struct ApiVersionRefusal {
  std::optional<ApiVersion>
      nearest;  ///< The nearest that it takes, where it says so.
};

/// The refusal in the message of a daemon's error, where it is one.
std::optional<ApiVersionRefusal> ParseApiVersionRefusal(
    std::string_view message);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_DOCKER_API_VERSION_H_
