// SPDX-License-Identifier: Apache-2.0

#include "tests/support/temp_dir.h"

#include <stdlib.h>

#include <filesystem>
#include <system_error>

#include "tests/support/system_call.h"

namespace containercollector::test {

TempDir::TempDir() : path_("/tmp/containercollector.XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) ThrowErrno("mkdtemp " + path_);
}

TempDir::~TempDir() {
  // What cannot be removed stays behind: no reason to fail a test that passed.
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::operator/(std::string_view name) const {
  return path_ + "/" + std::string(name);
}

}  // namespace containercollector::test
