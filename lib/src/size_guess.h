// SPDX-License-Identifier: Apache-2.0

/// Estimates the size of a text whose length is unknown.
#ifndef CONTAINERCOLLECTOR_SRC_SIZE_GUESS_H_
#define CONTAINERCOLLECTOR_SRC_SIZE_GUESS_H_

#include <atomic>
#include <cstddef>

namespace containercollector::internal {

/// Estimates from the size of the last text, because a node's containers change
/// little between collections. Without an estimate, a growing text is copied at
/// each step. Thread-safe.
class SizeGuess {
 public:
  /// Returns slightly more than the size of the last text; 0 before the first
  /// one.
  std::size_t Next() const noexcept {
    const std::size_t last = last_.load(std::memory_order_relaxed);
    return last + last / 16;
  }

  void Add(std::size_t bytes) noexcept {
    last_.store(bytes, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::size_t> last_{0};
};

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_SIZE_GUESS_H_
