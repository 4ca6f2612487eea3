// SPDX-License-Identifier: Apache-2.0
#include "server/http/http_message.h"

namespace containercollector::server {

HttpResponse TextResponse(int status, std::string text) {
  HttpResponse response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::make_shared<const std::string>(std::move(text));
  return response;
}

HttpResponse BusyResponse(std::string text) {
  HttpResponse response = TextResponse(503, std::move(text));
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

}  // namespace containercollector::server
