// SPDX-License-Identifier: Apache-2.0
/// Durations for error texts.
#ifndef CONTAINERCOLLECTOR_SRC_HTTP_DURATION_TEXT_H_
#define CONTAINERCOLLECTOR_SRC_HTTP_DURATION_TEXT_H_

#include <chrono>
#include <string>

namespace containercollector::internal {

/// Returns "25s", or "1500ms" if the seconds are not whole.
inline std::string DurationText(std::chrono::nanoseconds duration) {
  const auto milliseconds =
      std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  return milliseconds % 1000 == 0 ? std::to_string(milliseconds / 1000) + "s"
                                  : std::to_string(milliseconds) + "ms";
}

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_HTTP_DURATION_TEXT_H_
