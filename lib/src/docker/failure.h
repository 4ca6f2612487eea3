// SPDX-License-Identifier: Apache-2.0
/// The errors for unsuccessful responses of a Docker daemon.
/// lib/src/http/failure.h has those for requests without a complete response.
#ifndef CONTAINERCOLLECTOR_SRC_DOCKER_FAILURE_H_
#define CONTAINERCOLLECTOR_SRC_DOCKER_FAILURE_H_

#include <string>

#include "containercollector/error.h"
#include "containercollector/list_options.h"
#include "lib/src/docker/api_version.h"
#include "lib/src/http/failure.h"
#include "lib/src/http/http_response.h"

namespace containercollector::internal {

/// Returns the error for a response whose status is not 200.
/// @param options The list options of the request. Only they can make the error
/// the caller's fault.
Error ToError(const Place& place, const HttpResponse& response,
              const ListOptions& options = {});

/// Returns the error for a daemon that rejects `version` and names no other.
Error NoApiVersion(const Place& place, ApiVersion version);

/// Returns the message in the body of an error response: the one in Docker's
/// JSON, or else the text itself, unless it is a web page. Valid UTF-8, without
/// surrounding blanks, truncated after 4 KiB.
std::string DaemonMessage(const HttpResponse& response);

/// Returns whether a list failed because a container was removed in the
/// meantime, so that another attempt may succeed.
bool IsRemovalRace(const HttpResponse& response, const ListOptions& options);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_DOCKER_FAILURE_H_
