// SPDX-License-Identifier: Apache-2.0

/// The log line of each request.
#ifndef CONTAINERCOLLECTOR_SERVER_REQUEST_LOG_H_
#define CONTAINERCOLLECTOR_SERVER_REQUEST_LOG_H_

#include <array>
#include <string_view>

#include "server/http/http_server.h"
#include "server/log.h"

namespace containercollector::server {

/// What the caller said of itself in each request: KubeDiag's agent says for
/// which diagnosis, and about which pod, it asks.
inline constexpr std::array<std::string_view, 7> kTraceHeaders = {
    "diagnosis-uuid", "diagnosis-namespace", "diagnosis-name", "pod-namespace",
    "pod-name",       "pod-container-name",  "node-name"};

LogFields RequestLogFields(const RequestRecord& record);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_REQUEST_LOG_H_
