// SPDX-License-Identifier: Apache-2.0

/// The log line of each request.
#ifndef CONTAINERCOLLECTOR_SERVER_REQUEST_LOG_H_
#define CONTAINERCOLLECTOR_SERVER_REQUEST_LOG_H_

#include <array>
#include <memory>
#include <string_view>

#include "server/http/http_server.h"
#include "server/log.h"

namespace containercollector::server {

/// Headers in which KubeDiag's agent names the diagnosis and the pod that a
/// request is for.
inline constexpr std::array<std::string_view, 7> kTraceHeaders = {
    "diagnosis-uuid", "diagnosis-namespace", "diagnosis-name", "pod-namespace",
    "pod-name",       "pod-container-name",  "node-name"};

/// Returns a reader that finds the fields by which KubeDiag's agents name a
/// diagnosis in a request's body, a JSON object with string values. The agents
/// record no reason for a failure, so the log must show which request was
/// whose.
///
/// The body can be megabytes, with the fields at its end; the reader keeps a
/// few hundred bytes of it. Any other body has no fields.
std::shared_ptr<BodyReader> MakeCallerReader();

/// Returns the fields of the line, including those that the request's
/// MakeCallerReader() found.
LogFields RequestLogFields(const RequestRecord& record);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_REQUEST_LOG_H_
