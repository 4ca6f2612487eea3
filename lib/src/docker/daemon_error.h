// SPDX-License-Identifier: Apache-2.0

/// What a daemon says when it answers with an error.
#ifndef CONTAINERCOLLECTOR_SRC_DOCKER_DAEMON_ERROR_H_
#define CONTAINERCOLLECTOR_SRC_DOCKER_DAEMON_ERROR_H_

#include <string>

#include "containercollector/error.h"
#include "lib/src/docker/http_transport.h"

namespace containercollector::internal {

/// The message in the body of an error answer: Docker's JSON, or the text as it
/// is. Valid UTF-8 without blanks around it, cut where it is very long.
std::string DaemonMessage(const DaemonResponse& response);

/// The error for an answer that is not what was asked for.
Error ToError(const DaemonResponse& response);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_DOCKER_DAEMON_ERROR_H_
