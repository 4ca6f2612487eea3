// SPDX-License-Identifier: Apache-2.0
/// The error for each response of a daemon that is not a success. Those of
/// requests without a whole response are in lib/src/http/failure.h.
#ifndef CONTAINERCOLLECTOR_SRC_DOCKER_FAILURE_H_
#define CONTAINERCOLLECTOR_SRC_DOCKER_FAILURE_H_

#include <string>

#include "containercollector/error.h"
#include "containercollector/list_options.h"
#include "lib/src/docker/api_version.h"
#include "lib/src/http/failure.h"
#include "lib/src/http/http_response.h"

namespace containercollector::internal {

/// Returns the error for a response with another status than 200.
/// @param options What the caller asked for. Only they can make the response
/// the caller's fault.
Error ToError(const Place& place, const HttpResponse& response,
              const ListOptions& options = {});

/// Returns the error for a daemon that rejects `version` and names no other.
Error NoApiVersion(const Place& place, ApiVersion version);

/// Returns the message in the body of an error response: that of Docker's JSON,
/// else the text as it is, but nothing of a web page. Valid UTF-8, without
/// blanks around it, truncated after 4 KiB.
std::string DaemonMessage(const HttpResponse& response);

/// Returns whether a list failed because a container was removed meanwhile: the
/// next list may succeed.
bool IsRemovalRace(const HttpResponse& response, const ListOptions& options);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_DOCKER_FAILURE_H_
