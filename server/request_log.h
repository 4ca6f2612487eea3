// SPDX-License-Identifier: Apache-2.0

/// The log line of each request.
#ifndef CONTAINERCOLLECTOR_SERVER_REQUEST_LOG_H_
#define CONTAINERCOLLECTOR_SERVER_REQUEST_LOG_H_

#include <array>
#include <string_view>

#include "server/http/http_message.h"
#include "server/log.h"

namespace containercollector::server {

/// Headers in which KubeDiag's agent names the diagnosis and the pod that a
/// request is for.
inline constexpr std::array<std::string_view, 7> kTraceHeaders = {
    "diagnosis-uuid", "diagnosis-namespace", "diagnosis-name", "pod-namespace",
    "pod-name",       "pod-container-name",  "node-name"};

LogFields RequestLogFields(const RequestRecord& record);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_REQUEST_LOG_H_
