// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_TEMP_DIR_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_TEMP_DIR_H_

#include <string>
#include <string_view>

namespace containercollector::test {

/// A directory of its own directly under /tmp, so that the paths of sockets in
/// it stay well within what a unix socket address can hold. Removed with all
/// that it holds.
class TempDir {
 public:
  TempDir();
  ~TempDir();

  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const noexcept { return path_; }

  /// The path of `name` inside the directory.
  std::string operator/(std::string_view name) const;

 private:
  std::string path_;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_TEMP_DIR_H_
