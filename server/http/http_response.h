// SPDX-License-Identifier: Apache-2.0

/// Answers in the form that libmicrohttpd sends.
#ifndef CONTAINERCOLLECTOR_SERVER_HTTP_RESPONSE_H_
#define CONTAINERCOLLECTOR_SERVER_HTTP_RESPONSE_H_

#include <memory>

#include "server/answer.h"

struct MHD_Response;

namespace containercollector::server {

struct ResponseDeleter {
  void operator()(MHD_Response* response) const noexcept;
};
using ResponsePtr = std::unique_ptr<MHD_Response, ResponseDeleter>;

/// A response that is sent from the answer's own body, and keeps it alive. Null
/// where memory ran out.
/// @param close Whether the connection ends with it.
ResponsePtr MakeResponse(const Answer& answer, bool close);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_HTTP_RESPONSE_H_
