// SPDX-License-Identifier: Apache-2.0
/// A response while it arrives, and the bounds on it.
#ifndef CONTAINERCOLLECTOR_SRC_DOCKER_ARRIVING_RESPONSE_H_
#define CONTAINERCOLLECTOR_SRC_DOCKER_ARRIVING_RESPONSE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lib/src/docker/failure.h"

namespace containercollector::internal {

/// Bound on the header lines of a response, chunk trailers included.
inline constexpr std::size_t kMaxHeaderBytes = 64 * 1024;

/// Collects the bytes of a response. Throws nothing, because it is called from
/// C code.
class ArrivingResponse {
 public:
  explicit ArrivingResponse(std::size_t max_body_bytes) noexcept
      : max_body_bytes_(max_body_bytes) {}

  /// Counts the bytes of a header or trailer line.
  /// @return Whether the response is within its bounds.
  [[nodiscard]] bool AddHeader(std::size_t bytes) noexcept;

  /// Adds bytes to the body.
  /// @param length The length of the whole body, or -1 if it is unknown.
  /// @return Whether the response is within its bounds.
  [[nodiscard]] bool AddBody(std::string_view bytes,
                             std::int64_t length) noexcept;

  /// Returns why the response was rejected: kHeadersTooLarge, kBodyTooLarge, or
  /// kInternal for a lack of memory.
  std::optional<FailureKind> rejected() const noexcept { return rejected_; }

  const std::string& body() const noexcept { return body_; }
  std::string TakeBody() noexcept { return std::move(body_); }

 private:
  const std::size_t max_body_bytes_;
  std::size_t header_bytes_ = 0;
  std::string body_;
  std::optional<FailureKind> rejected_;
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_DOCKER_ARRIVING_RESPONSE_H_
