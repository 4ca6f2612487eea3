// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_FILE_DESCRIPTOR_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_FILE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace containercollector::test {

/// Owns a file descriptor and closes it. Move-only.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) noexcept : fd_(fd) {}

  FileDescriptor(FileDescriptor&& other) noexcept
      : fd_(std::exchange(other.fd_, kNone)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      Reset();
      fd_ = std::exchange(other.fd_, kNone);
    }
    return *this;
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  ~FileDescriptor() { Reset(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

  void Reset() noexcept {
    if (fd_ >= 0) {
      // Linux frees the descriptor whatever close() returns, so there is
      // nothing to retry.
      static_cast<void>(::close(fd_));
      fd_ = kNone;
    }
  }

 private:
  static constexpr int kNone = -1;

  int fd_ = kNone;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_FILE_DESCRIPTOR_H_
