// SPDX-License-Identifier: Apache-2.0

#include "server/answer.h"

#include <utility>

namespace containercollector::server {
namespace {

Response TextResponse(int status, std::string text) {
  Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  return response;
}

}  // namespace

Answer TextAnswer(int status, std::string text) {
  return std::make_shared<const Response>(
      TextResponse(status, std::move(text)));
}

Answer BusyAnswer(std::string text) {
  Response response = TextResponse(503, std::move(text));
  response.headers.emplace_back("Retry-After", "5");
  return std::make_shared<const Response>(std::move(response));
}

Answer ShuttingDownAnswer() {
  return BusyAnswer("This server is shutting down. Ask again when it is back.");
}

}  // namespace containercollector::server
