// SPDX-License-Identifier: Apache-2.0
/// The memory limit of one collection.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_BUDGET_H_
#define CONTAINERCOLLECTOR_SRC_CRI_BUDGET_H_

#include <cstddef>

#include "containercollector/error.h"

namespace containercollector::internal::cri {

/// Thrown if a collection exceeds its memory limit.
class BudgetError : public Error {
 public:
  BudgetError()
      : Error(ErrorCode::kResponseTooLarge, "it needs too much memory") {}
};

/// The bytes that a collection may still use. Each part is charged before it is
/// built, because a small message can describe a large structure.
class Budget {
 public:
  explicit Budget(std::size_t bytes) noexcept : left_(bytes) {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  /// @throws BudgetError if fewer bytes are left.
  void Charge(std::size_t bytes) {
    if (bytes > left_) throw BudgetError();
    left_ -= bytes;
  }

  void Release(std::size_t bytes) noexcept { left_ += bytes; }

  std::size_t left() const noexcept { return left_; }

 private:
  std::size_t left_;
};

/// RAII: charges memory that is needed only temporarily.
class TemporaryCharge {
 public:
  TemporaryCharge(Budget& budget, std::size_t bytes)
      : budget_(budget), bytes_(bytes) {
    budget_.Charge(bytes_);
  }
  ~TemporaryCharge() { budget_.Release(bytes_); }
  TemporaryCharge(const TemporaryCharge&) = delete;
  TemporaryCharge& operator=(const TemporaryCharge&) = delete;

 private:
  Budget& budget_;
  const std::size_t bytes_;
};

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_BUDGET_H_
