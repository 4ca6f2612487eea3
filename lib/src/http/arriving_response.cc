// SPDX-License-Identifier: Apache-2.0
#include "lib/src/http/arriving_response.h"

#include <algorithm>
#include <exception>

#include "lib/src/json/decoder.h"

namespace containercollector::internal {

bool ArrivingResponse::AddHeader(std::string_view line) noexcept {
  header_bytes_ += line.size();
  const bool is_empty = line == "\r\n" || line == "\n";
  // An interim response, such as 100, is followed by another head.
  if (line.substr(0, 5) == "HTTP/") {
    head_ended_ = false;
  } else if (head_ended_ && !is_empty) {
    ++trailer_lines_;
  } else if (is_empty) {
    head_ended_ = true;
  }
  if (header_bytes_ > kMaxHeaderBytes)
    rejected_ = FailureKind::kHeadersTooLarge;
  return !rejected_;
}

bool ArrivingResponse::AddBody(std::string_view bytes,
                               std::int64_t length) noexcept {
  if (bytes.size() > *bytes_left_) {
    rejected_ = FailureKind::kBodyTooLarge;
    return false;
  }
  try {
    if (body_.empty()) {
      const std::size_t expected =
          length > 0 ? static_cast<std::size_t>(length) : expected_bytes_;
      body_.reserve(std::min(expected, *bytes_left_) + kDecoderPadding);
    }
    body_.append(bytes);
    *bytes_left_ -= bytes.size();
    bytes_ += bytes.size();
  } catch (const std::exception&) {
    rejected_ = FailureKind::kInternal;
  }
  return !rejected_;
}

}  // namespace containercollector::internal
