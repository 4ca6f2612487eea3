// SPDX-License-Identifier: Apache-2.0

/// Socket activation and notifications, as documented in sd_listen_fds(3) and
/// sd_notify(3). Implemented here because linking libsystemd would cost more.
#ifndef CONTAINERCOLLECTOR_SERVER_SYSTEMD_H_
#define CONTAINERCOLLECTOR_SERVER_SYSTEMD_H_

#include <string>
#include <vector>

namespace containercollector::server {

/// Returns the sockets of the service's socket unit, in its order. Empty
/// without socket activation. The caller owns them; call once.
std::vector<int> TakeSystemdSockets();

/// Sends a state, e.g. "READY=1", to systemd. "RELOADING=1" lasts until
/// "READY=1". Does nothing unless the service has Type=notify or
/// Type=notify-reload, and only logs a failure.
void NotifySystemd(std::string state) noexcept;

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_SYSTEMD_H_
