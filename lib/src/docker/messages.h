// SPDX-License-Identifier: Apache-2.0
/// The query of Docker's list, and the errors in a Docker daemon's responses.
#ifndef CONTAINERCOLLECTOR_SRC_DOCKER_MESSAGES_H_
#define CONTAINERCOLLECTOR_SRC_DOCKER_MESSAGES_H_

#include <string>

#include "containercollector/error.h"
#include "containercollector/list_options.h"
#include "lib/src/failure.h"
#include "lib/src/http/response.h"

namespace containercollector::internal {

/// Returns the query of `GET /containers/json` with its "?"; empty if all
/// options are the daemon's defaults.
std::string ListQuery(const ListOptions& options);

/// Returns the error for a response whose status is not 200.
/// @param options The list options of the request. Only they can make the error
/// the caller's fault.
Error ToError(const Place& place, const HttpResponse& response,
              const ListOptions& options = {});

/// Returns the message in the body of an error response: the one in Docker's
/// JSON, or else the text itself, unless it is a web page.
std::string DaemonMessage(const HttpResponse& response);

/// Returns whether a list failed because a container was removed in the
/// meantime, so that another attempt may succeed.
bool IsRemovalRace(const HttpResponse& response, const ListOptions& options);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_DOCKER_MESSAGES_H_
