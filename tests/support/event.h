// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_EVENT_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_EVENT_H_

#include "tests/support/file_descriptor.h"

namespace containercollector::test {

/// A latch that poll() can wait for together with sockets. Once set it stays
/// set, for every waiter, until it is cleared.
///
/// Thread-safe: any thread may call any member.
class Event {
 public:
  Event();

  void Set();
  void Clear();

  /// Readable while the event is set.
  int fd() const noexcept { return fd_.get(); }

 private:
  FileDescriptor fd_;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_EVENT_H_
