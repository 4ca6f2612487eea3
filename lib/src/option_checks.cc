// SPDX-License-Identifier: Apache-2.0
#include "lib/src/option_checks.h"

#include <cstdint>
#include <limits>
#include <string>

#include "containercollector/error.h"

namespace containercollector::internal {
namespace {

[[noreturn]] void RejectOption(const std::string& text) {
  throw Error(ErrorCode::kInvalidArgument, text);
}

}  // namespace

void CheckDuration(const char* name, std::chrono::nanoseconds duration) {
  using std::chrono::milliseconds;
  // libcurl stores milliseconds in a long, and adds to them.
  constexpr auto kLongest = std::chrono::hours(24 * 365);
  if (duration >= milliseconds(1) && duration <= kLongest) return;
  const bool whole = duration % milliseconds(1) == milliseconds(0);
  const std::string text =
      whole ? std::to_string(duration / milliseconds(1)) + "ms"
            : std::to_string(duration.count()) + "ns";
  RejectOption(std::string("invalid ") + name + " of " + text +
               ": write at least 1ms and at most a year");
}

void CheckMaxResponse(std::size_t bytes) {
  /// The largest size that the JSON parser and gRPC's length prefix can
  /// represent.
  constexpr std::size_t kLargest = std::numeric_limits<std::uint32_t>::max();
  if (bytes >= 1 && bytes <= kLargest) return;
  RejectOption("invalid max response of " + std::to_string(bytes) +
               " bytes: write 1 to " + std::to_string(kLargest));
}

}  // namespace containercollector::internal
