// SPDX-License-Identifier: Apache-2.0
#include "lib/src/http/response.h"

#include <strings.h>

#include <algorithm>
#include <exception>

#include "lib/src/json/decoder.h"

namespace containercollector::internal {

std::vector<std::string_view> ValuesOf(const HeaderLines& lines,
                                       std::string_view name) {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : lines) {
    if (key.size() == name.size() &&
        strncasecmp(key.data(), name.data(), name.size()) == 0)
      values.push_back(value);
  }
  return values;
}

std::string_view HttpResponse::Header(std::string_view name) const {
  const auto values = ValuesOf(headers, name);
  return values.empty() ? std::string_view() : values.front();
}

bool ArrivingResponse::AddHeader(std::string_view line) noexcept {
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxHeaderBytes) {
    rejected_ = FailureKind::kHeadersTooLarge;
    return false;
  }
  try {
    if (line.substr(0, 5) == "HTTP/") {
      // An interim response, such as 100, is followed by another head.
      head_ended_ = false;
      response_.headers.clear();
      constexpr std::size_t kStatusBegin = sizeof("HTTP/1.1");
      response_.reason = Trimmed(
          line.substr(std::min(line.find(' ', kStatusBegin), line.size())));
    } else if (line == "\r\n" || line == "\n") {
      head_ended_ = true;
    } else if (const auto colon = line.find(':'); colon != line.npos) {
      (head_ended_ ? response_.trailers : response_.headers)
          .emplace_back(line.substr(0, colon), Trimmed(line.substr(colon + 1)));
    }
  } catch (const std::exception&) {
    rejected_ = FailureKind::kInternal;
  }
  return !rejected_;
}

bool ArrivingResponse::AddBody(std::string_view bytes,
                               std::int64_t length) noexcept {
  if (bytes.size() > *bytes_left_) {
    rejected_ = FailureKind::kBodyTooLarge;
    return false;
  }
  try {
    std::string& body = response_.body;
    if (body.empty()) {
      const std::size_t expected =
          length > 0 ? static_cast<std::size_t>(length) : expected_bytes_;
      body.reserve(std::min(expected, *bytes_left_) + kDecoderPadding);
    }
    body.append(bytes);
    *bytes_left_ -= bytes.size();
  } catch (const std::exception&) {
    rejected_ = FailureKind::kInternal;
  }
  return !rejected_;
}

}  // namespace containercollector::internal
