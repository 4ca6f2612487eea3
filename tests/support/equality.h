// SPDX-License-Identifier: Apache-2.0
/// Compares the structs of the API in tests.
#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_EQUALITY_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_EQUALITY_H_

#include <tuple>
#include <type_traits>

#include "lib/src/json/fields.h"

namespace containercollector {

/// Returns whether all JSON fields of two structs are equal.
template <typename Struct>
std::enable_if_t<internal::kHasFields<Struct>, bool> operator==(
    const Struct& a, const Struct& b) {
  return std::apply(
      [&](const auto&... fields) {
        return ((a.*fields.member == b.*fields.member) && ...);
      },
      internal::kFields<Struct>);
}

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_EQUALITY_H_
