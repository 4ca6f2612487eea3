// SPDX-License-Identifier: Apache-2.0

#include "server/http/wake_event.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace containercollector::server {

WakeEvent::WakeEvent() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0)
    throw std::system_error(errno, std::generic_category(), "eventfd");
}

WakeEvent::~WakeEvent() { close(fd_); }

// Each fails only if the event is in that state already.

void WakeEvent::Set() noexcept { static_cast<void>(eventfd_write(fd_, 1)); }

void WakeEvent::Clear() noexcept {
  eventfd_t count = 0;
  static_cast<void>(eventfd_read(fd_, &count));
}

}  // namespace containercollector::server
