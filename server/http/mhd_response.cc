// SPDX-License-Identifier: Apache-2.0
#include "server/http/mhd_response.h"

#include <microhttpd.h>

#include <string>

namespace containercollector::server {
namespace {

using Body = std::shared_ptr<const std::string>;

void ReleaseBody(void* body) { delete static_cast<Body*>(body); }

}  // namespace

void MhdResponseDeleter::operator()(MHD_Response* response) const noexcept {
  MHD_destroy_response(response);
}

MhdResponsePtr MakeMhdResponse(const HttpResponse& response, bool close) {
  auto body = std::make_unique<Body>(response.body);
  // libmicrohttpd takes a buffer that is not const, but does not write to it.
  MhdResponsePtr mhd(MHD_create_response_from_buffer_with_free_callback_cls(
      response.body->size(), const_cast<char*>(response.body->data()),
      &ReleaseBody, body.get()));
  if (mhd == nullptr) return nullptr;
  static_cast<void>(body.release());  // ReleaseBody() deletes it.

  const auto add = [&](const char* name, const char* value) {
    return MHD_add_response_header(mhd.get(), name, value) == MHD_YES;
  };
  bool complete =
      add(MHD_HTTP_HEADER_CONTENT_TYPE, response.content_type.c_str()) &&
      add("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers)
    complete = complete && add(name.c_str(), value.c_str());
  if (close) complete = complete && add(MHD_HTTP_HEADER_CONNECTION, "close");
  return complete ? std::move(mhd) : nullptr;
}

}  // namespace containercollector::server
