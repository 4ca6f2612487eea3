// SPDX-License-Identifier: Apache-2.0

/// Signals, limits and memory of the process, and what systemd passes to it or
/// wants to know, as documented in sd_listen_fds(3) and sd_notify(3). Linking
/// libsystemd would cost more. What is not noexcept throws std::system_error if
/// a system call fails.
#ifndef CONTAINERCOLLECTOR_SERVER_PROCESS_H_
#define CONTAINERCOLLECTOR_SERVER_PROCESS_H_

#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

namespace containercollector::server {

/// Opens /dev/null as stdin, stdout and stderr if they are closed. A socket
/// would otherwise take their place and receive what is printed. Call first.
void OpenStandardFiles();

/// Blocks SIGTERM, SIGINT and SIGHUP for WaitForSignal(), and ignores SIGPIPE.
/// Call before any thread starts, because threads inherit this.
void BlockSignals();

/// Waits for one of these blocked signals.
void WaitForSignal(std::initializer_list<int> signals);

/// Lets SIGTERM and SIGINT end the process at once.
void UnblockSignals();

/// Raises the limit on open files so that it suffices for `connections`.
/// @throws std::runtime_error with a readable text if it cannot be raised.
void AllowConnections(std::size_t connections);

/// Makes the C library return blocks of 1 MiB and more to the system as soon as
/// they are freed, and keep smaller ones for the next request. Call before any
/// thread starts.
void ReturnLargeBlocks() noexcept;

/// Returns the sockets of the service's socket unit, in its order. Empty
/// without socket activation. The caller owns them; call once.
std::vector<int> TakeSystemdSockets();

/// Sends a state, e.g. "READY=1", to systemd. "RELOADING=1" lasts until
/// "READY=1". Does nothing unless the service has Type=notify or
/// Type=notify-reload, and only logs a failure.
void NotifySystemd(std::string state) noexcept;

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_PROCESS_H_
