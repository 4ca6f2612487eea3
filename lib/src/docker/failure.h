// SPDX-License-Identifier: Apache-2.0
/// The error for each way in which a call of the daemon fails.
#ifndef CONTAINERCOLLECTOR_SRC_DOCKER_FAILURE_H_
#define CONTAINERCOLLECTOR_SRC_DOCKER_FAILURE_H_

#include <string>
#include <string_view>

#include "containercollector/error.h"
#include "lib/src/docker/api_version.h"
#include "lib/src/docker/endpoint.h"
#include "lib/src/http/failure.h"
#include "lib/src/http/http_response.h"

namespace containercollector::internal {

/// Returns the error for a request that got no whole response.
Error ToError(const Failure& failure);

/// Returns the error for a response with another status than 200.
Error ToError(const HttpResponse& response);

/// Returns the error for a body that is not the API's JSON.
/// @param path Without API version and query, for example "/containers/json".
/// @param why For example "[0].Id: expected a string, got 1".
Error MalformedJson(const Endpoint& endpoint, std::string_view path,
                    const Error& why);

/// Returns the error for a daemon that rejects `version` and names no other.
Error NoApiVersion(const Endpoint& endpoint, ApiVersion version);

/// Returns the message in the body of an error response: that of Docker's JSON,
/// else the text as it is. Valid UTF-8, without blanks around it, truncated
/// after 4 KiB.
std::string DaemonMessage(const HttpResponse& response);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_DOCKER_FAILURE_H_
