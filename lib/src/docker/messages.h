// SPDX-License-Identifier: Apache-2.0
/// Docker's API versions, the query of its list, and the errors in its
/// responses.
#ifndef CONTAINERCOLLECTOR_SRC_DOCKER_MESSAGES_H_
#define CONTAINERCOLLECTOR_SRC_DOCKER_MESSAGES_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "containercollector/error.h"
#include "containercollector/list_options.h"
#include "lib/src/failure.h"
#include "lib/src/http/response.h"

namespace containercollector::internal {

using ApiVersion = std::pair<int, int>;  ///< Major and minor.

/// The API version whose structs the library mirrors.
inline constexpr ApiVersion kPreferredApiVersion{1, 40};

/// Returns for example "1.40".
std::string ToString(ApiVersion version);

/// Parses a text such as "1.40" or "v1.40", with nothing before or after it.
std::optional<ApiVersion> ParseApiVersion(std::string_view text);

/// Returns the query of `GET /containers/json` with its "?"; empty if all
/// options are the daemon's defaults.
std::string ListQuery(const ListOptions& options);

/// Returns the error for a response whose status is not 200.
/// @param options The list options of the request. Only they can make the error
/// the caller's fault.
Error ToError(const Place& place, const HttpResponse& response,
              const ListOptions& options = {});

/// Returns the nearest API version that the daemon accepts if it rejects that
/// of the request as too old or too new, and 0.0 if its error names none.
std::optional<ApiVersion> RejectionIn(const HttpResponse& response);

/// Returns whether a list failed because a container was removed in the
/// meantime, so that another attempt may succeed.
bool IsRemovalRace(const HttpResponse& response, const ListOptions& options);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_DOCKER_MESSAGES_H_
