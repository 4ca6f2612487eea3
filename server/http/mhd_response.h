// SPDX-License-Identifier: Apache-2.0
/// Responses in the form that libmicrohttpd sends.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_MHD_RESPONSE_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_MHD_RESPONSE_H_

#include <memory>

#include "server/http/http_message.h"

struct MHD_Response;

namespace containercollector::server {

struct MhdResponseDeleter {
  void operator()(MHD_Response* response) const noexcept;
};
using MhdResponsePtr = std::unique_ptr<MHD_Response, MhdResponseDeleter>;

/// Returns a response that shares `response.body`; null if memory ran out.
/// @param close Whether to close the connection after it.
MhdResponsePtr MakeMhdResponse(const HttpResponse& response, bool close);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_MHD_RESPONSE_H_
