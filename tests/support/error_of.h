// SPDX-License-Identifier: Apache-2.0

/// The error that a call throws.
#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_ERROR_OF_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_ERROR_OF_H_

#include <stdexcept>

#include "containercollector/error.h"

namespace containercollector::test {

/// @throws std::logic_error, which fails the test, when the call throws
/// nothing.
template <typename Call>
Error ErrorOf(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  throw std::logic_error(
      "the call was expected to throw an Error, and returned");
}

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_ERROR_OF_H_
