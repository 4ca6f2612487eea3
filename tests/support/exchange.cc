// SPDX-License-Identifier: Apache-2.0

#include "tests/support/exchange.h"

#include <algorithm>
#include <cstddef>
#include <string>

namespace containercollector::test {

bool Exchange::SendSlowly(std::string_view bytes,
                          std::chrono::milliseconds interval) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0 && !connection_.Pause(interval)) return false;
    if (!connection_.Send(bytes.substr(i, 1))) return false;
  }
  return connection_.IsOpen();
}

bool Exchange::SendRepeated(std::string_view unit, std::uint64_t count) {
  constexpr std::size_t kBlockSize = std::size_t{64} << 10;
  if (unit.empty()) return connection_.IsOpen();
  const std::uint64_t units_per_block = std::clamp<std::uint64_t>(
      kBlockSize / unit.size(), 1, std::max<std::uint64_t>(count, 1));
  std::string block;
  for (std::uint64_t i = 0; i < units_per_block; ++i) block += unit;

  for (; count >= units_per_block; count -= units_per_block) {
    if (!connection_.Send(block)) return false;
  }
  return connection_.Send(std::string_view(block).substr(
      0, unit.size() * static_cast<std::size_t>(count)));
}

void Exchange::Hang() {
  const Event never;
  static_cast<void>(connection_.WaitFor(never));
}

}  // namespace containercollector::test
