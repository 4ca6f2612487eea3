// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_SYSTEM_CALL_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_SYSTEM_CALL_H_

#include <cerrno>
#include <string>
#include <system_error>

namespace containercollector::test {

[[noreturn]] inline void ThrowErrno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// Passes the result of a system call through, or throws what errno says.
inline int CheckSystemCall(int result, const std::string& what) {
  if (result < 0) ThrowErrno(what);
  return result;
}

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_SYSTEM_CALL_H_
