// SPDX-License-Identifier: Apache-2.0
#include "lib/src/http/http_response.h"

#include <strings.h>

namespace containercollector::internal {

std::string_view HttpResponse::Header(std::string_view name) const noexcept {
  for (const auto& [header, value] : headers) {
    if (header.size() == name.size() &&
        strncasecmp(header.data(), name.data(), name.size()) == 0)
      return value;
  }
  return {};
}

}  // namespace containercollector::internal
