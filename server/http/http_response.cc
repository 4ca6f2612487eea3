// SPDX-License-Identifier: Apache-2.0

#include "server/http/http_response.h"

#include <microhttpd.h>

#include <string>

namespace containercollector::server {
namespace {

void FreeAnswer(void* answer) { delete static_cast<Answer*>(answer); }

}  // namespace

void ResponseDeleter::operator()(MHD_Response* response) const noexcept {
  MHD_destroy_response(response);
}

ResponsePtr MakeResponse(const Answer& answer, bool close) {
  Answer* const shared = std::make_unique<Answer>(answer).release();
  // libmicrohttpd takes a buffer that is not const, but does not write to it.
  ResponsePtr response(MHD_create_response_from_buffer_with_free_callback_cls(
      answer->body.size(), const_cast<char*>(answer->body.data()), &FreeAnswer,
      shared));
  if (response == nullptr) {
    FreeAnswer(shared);
    return nullptr;
  }

  const auto add = [&](const char* name, const char* value) {
    return MHD_add_response_header(response.get(), name, value) == MHD_YES;
  };
  bool complete =
      add(MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type.c_str());
  for (const auto& [name, value] : answer->headers)
    complete = complete && add(name.c_str(), value.c_str());
  if (close) complete = complete && add(MHD_HTTP_HEADER_CONNECTION, "close");
  return complete ? std::move(response) : nullptr;
}

}  // namespace containercollector::server
