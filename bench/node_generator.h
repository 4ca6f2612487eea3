// SPDX-License-Identifier: Apache-2.0

/// Nodes of any size, for benchmarks.
#ifndef CONTAINERCOLLECTOR_BENCH_NODE_GENERATOR_H_
#define CONTAINERCOLLECTOR_BENCH_NODE_GENERATOR_H_

#include <cstddef>
#include <vector>

#include "containercollector/types.h"

namespace containercollector::bench {

enum class Shape {
  kPlain,  ///< A few labels, one network, no mount: about 0.9 KB of JSON each.
  kRich,   ///< Many labels, networks and mounts: about 4.3 KB of JSON each.
};

/// Returns `count` containers that differ from each other. The same arguments
/// give the same containers.
std::vector<Container> GenerateNode(Shape shape, std::size_t count);

}  // namespace containercollector::bench

#endif  // CONTAINERCOLLECTOR_BENCH_NODE_GENERATOR_H_
