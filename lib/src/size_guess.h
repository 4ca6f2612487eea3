// SPDX-License-Identifier: Apache-2.0

/// How much memory to take at once for a text whose length nobody says.
#ifndef CONTAINERCOLLECTOR_SRC_SIZE_GUESS_H_
#define CONTAINERCOLLECTOR_SRC_SIZE_GUESS_H_

#include <atomic>
#include <cstddef>

namespace containercollector::internal {

/// Guesses from the last text, because the containers of a node change little
/// from one collection to the next: a text that grows as it arrives is copied
/// at each step. What a guess takes too much is never touched.
///
/// Thread-safe.
class SizeGuess {
 public:
  /// Returns a little more than the last text took, 0 before the first one.
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
