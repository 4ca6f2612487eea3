// SPDX-License-Identifier: Apache-2.0
/// Docker API versions, and the errors by which daemons reject them.
#ifndef CONTAINERCOLLECTOR_SRC_DOCKER_API_VERSION_H_
#define CONTAINERCOLLECTOR_SRC_DOCKER_API_VERSION_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace containercollector::internal {

using ApiVersion = std::pair<int, int>;  ///< Major and minor.

/// The API version whose structs the library mirrors.
inline constexpr ApiVersion kPreferredApiVersion{1, 40};

/// Returns for example "1.40".
std::string ToString(ApiVersion version);

/// Parses a text such as "1.40" or "v1.40", with nothing before or after it.
std::optional<ApiVersion> ParseApiVersion(std::string_view text);

/// Parses the message of an error by which a daemon rejects an API version as
/// too old or too new, in the forms of moby 1.9 to 29,
/// api/server/middleware/version.go.
/// @return The nearest version that the daemon accepts, 0.0 if the message
/// names none, or std::nullopt if it is about something else.
std::optional<ApiVersion> ParseApiVersionRejection(std::string_view message);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_DOCKER_API_VERSION_H_
