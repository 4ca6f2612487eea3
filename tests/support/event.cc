// SPDX-License-Identifier: Apache-2.0

#include "tests/support/event.h"

#include <sys/eventfd.h>

#include <cerrno>

#include "tests/support/system_call.h"

namespace containercollector::test {

Event::Event()
    : fd_(CheckSystemCall(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                          "eventfd")) {}

void Event::Set() {
  if (::eventfd_write(fd_.get(), 1) < 0) ThrowErrno("eventfd_write");
}

void Event::Clear() {
  eventfd_t ignored = 0;
  if (::eventfd_read(fd_.get(), &ignored) < 0 && errno != EAGAIN) {
    ThrowErrno("eventfd_read");
  }
}

}  // namespace containercollector::test
