// SPDX-License-Identifier: Apache-2.0

/// JSON that costs more than a node's of the same length.
#ifndef CONTAINERCOLLECTOR_BENCH_WORST_INPUTS_H_
#define CONTAINERCOLLECTOR_BENCH_WORST_INPUTS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace containercollector::bench {

struct WorstInput {
  std::string_view name;
  /// Makes it, with about `bytes` bytes.
  std::string (*make)(std::size_t bytes);
};

/// Returns a rich node, for comparison, and then the worst inputs that are
/// known.
std::vector<WorstInput> WorstInputs();

}  // namespace containercollector::bench

#endif  // CONTAINERCOLLECTOR_BENCH_WORST_INPUTS_H_
