// SPDX-License-Identifier: Apache-2.0

/// Counts the memory that a function allocates, or makes an allocation fail.
/// What other threads allocate meanwhile does not count and does not fail.
#ifndef CONTAINERCOLLECTOR_TESTS_PERFORMANCE_ALLOCATIONS_H_
#define CONTAINERCOLLECTOR_TESTS_PERFORMANCE_ALLOCATIONS_H_

#include <cstddef>

namespace containercollector::test {

struct Allocations {
  std::size_t count = 0;
  /// The most bytes that were allocated at one time. Memory that was allocated
  /// before the counting began is not included.
  std::size_t peak_bytes = 0;
};

/// Counts the allocations of this thread during its life. At most one lives at
/// a time on each thread.
class AllocationWatch {
 public:
  /// @param failing Which allocation fails, counted from 1. None for 0.
  explicit AllocationWatch(std::size_t failing = 0);
  ~AllocationWatch();
  AllocationWatch(const AllocationWatch&) = delete;
  AllocationWatch& operator=(const AllocationWatch&) = delete;

  Allocations allocations() const;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_PERFORMANCE_ALLOCATIONS_H_
