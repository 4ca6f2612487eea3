// SPDX-License-Identifier: Apache-2.0
/// A response while it arrives, and the limits on its size.
#ifndef CONTAINERCOLLECTOR_SRC_HTTP_ARRIVING_RESPONSE_H_
#define CONTAINERCOLLECTOR_SRC_HTTP_ARRIVING_RESPONSE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lib/src/http/failure.h"

namespace containercollector::internal {

/// Limit on the header lines of a response, including chunk trailers.
inline constexpr std::size_t kMaxHeaderBytes = 64 * 1024;

/// Collects the bytes of a response. Never throws, because C code calls it.
class ArrivingResponse {
 public:
  /// @param expected_bytes The probable length of the body, used if the
  /// response does not state it.
  explicit ArrivingResponse(std::size_t max_body_bytes,
                            std::size_t expected_bytes = 0) noexcept
      : own_bytes_left_(max_body_bytes),
        bytes_left_(&own_bytes_left_),
        expected_bytes_(expected_bytes) {}

  /// For responses that share a limit: each subtracts its bytes from
  /// `bytes_left`, which must outlive it.
  explicit ArrivingResponse(std::size_t* bytes_left) noexcept
      : bytes_left_(bytes_left) {}

  ArrivingResponse(const ArrivingResponse&) = delete;
  ArrivingResponse& operator=(const ArrivingResponse&) = delete;

  /// Counts a line of the head or a trailer, with its line end.
  /// @return Whether the response is within its limits.
  [[nodiscard]] bool AddHeader(std::string_view line) noexcept;

  /// Returns the number of lines after the empty line that ends the head.
  /// libcurl passes HTTP/2 trailers as header lines.
  std::size_t trailer_lines() const noexcept { return trailer_lines_; }
  /// Returns whether the empty line that ends the head has arrived. If not, the
  /// response is truncated, whatever libcurl reports.
  bool head_ended() const noexcept { return head_ended_; }

  /// Adds bytes to the body.
  /// @param length The length of the whole body; -1 if unknown.
  /// @return Whether the response is within its limits.
  [[nodiscard]] bool AddBody(std::string_view bytes,
                             std::int64_t length) noexcept;

  /// Returns why the response was rejected: kHeadersTooLarge, kBodyTooLarge, or
  /// kInternal if out of memory.
  std::optional<FailureKind> rejected() const noexcept { return rejected_; }

  const std::string& body() const noexcept { return body_; }

  /// Returns how many bytes of the limit the body used.
  std::size_t bytes() const noexcept { return bytes_; }
  std::string TakeBody() noexcept { return std::move(body_); }

 private:
  std::size_t own_bytes_left_ = 0;
  std::size_t* const bytes_left_;
  const std::size_t expected_bytes_ = 0;
  std::size_t header_bytes_ = 0;
  bool head_ended_ = false;
  std::size_t trailer_lines_ = 0;
  std::size_t bytes_ = 0;
  std::string body_;
  std::optional<FailureKind> rejected_;
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_HTTP_ARRIVING_RESPONSE_H_
