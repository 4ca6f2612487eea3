// SPDX-License-Identifier: Apache-2.0
/// An HTTP response, and the limits on its size while it arrives.
#ifndef CONTAINERCOLLECTOR_SRC_HTTP_RESPONSE_H_
#define CONTAINERCOLLECTOR_SRC_HTTP_RESPONSE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/src/failure.h"

namespace containercollector::internal {

/// Names, in any case, and their values.
using HeaderLines = std::vector<std::pair<std::string, std::string>>;

/// Returns the values of the lines with this name.
std::vector<std::string_view> ValuesOf(const HeaderLines& lines,
                                       std::string_view name);

struct HttpResponse {
  int status = 0;
  std::string reason;  ///< The text after the status, e.g. "Not Found".
  HeaderLines headers;
  HeaderLines trailers;
  std::string body;
  /// Why the response is incomplete; std::nullopt if it is complete.
  std::optional<Failure> failure;

  /// Returns the first value of a header; empty if there is none.
  std::string_view Header(std::string_view name) const;
};

/// Limit on the header lines of a response, including trailers.
inline constexpr std::size_t kMaxHeaderBytes = 64 * 1024;

/// Collects a response. Never throws, because C code calls it.
class ArrivingResponse {
 public:
  /// @param bytes_left How many bytes the body may have. Responses can share
  /// it: each subtracts its bytes. Must outlive the response.
  /// @param expected_bytes The probable length of the body, used if the
  /// response does not state it.
  explicit ArrivingResponse(std::size_t* bytes_left,
                            std::size_t expected_bytes = 0) noexcept
      : bytes_left_(bytes_left), expected_bytes_(expected_bytes) {}

  ArrivingResponse(const ArrivingResponse&) = delete;
  ArrivingResponse& operator=(const ArrivingResponse&) = delete;

  /// Adds a line of the head or a trailer, with its line end.
  /// @return Whether the response is within its limits.
  [[nodiscard]] bool AddHeader(std::string_view line) noexcept;

  /// Adds bytes to the body.
  /// @param length The length of the whole body; -1 if unknown.
  /// @return Whether the response is within its limits.
  [[nodiscard]] bool AddBody(std::string_view bytes,
                             std::int64_t length) noexcept;

  /// If this is false, the response is truncated, whatever libcurl reports.
  bool head_ended() const noexcept { return head_ended_; }

  /// Returns why the response was rejected: kHeadersTooLarge, kBodyTooLarge, or
  /// kInternal if out of memory.
  std::optional<FailureKind> rejected() const noexcept { return rejected_; }

  HttpResponse& response() noexcept { return response_; }
  const HttpResponse& response() const noexcept { return response_; }

 private:
  std::size_t* const bytes_left_;
  const std::size_t expected_bytes_;
  std::size_t header_bytes_ = 0;
  bool head_ended_ = false;
  HttpResponse response_;
  std::optional<FailureKind> rejected_;
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_HTTP_RESPONSE_H_
