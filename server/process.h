// SPDX-License-Identifier: Apache-2.0

/// Signals and limits of the process.
#ifndef CONTAINERCOLLECTOR_SERVER_PROCESS_H_
#define CONTAINERCOLLECTOR_SERVER_PROCESS_H_

#include <cstddef>

namespace containercollector::server {

/// Blocks SIGTERM, SIGINT and SIGHUP for WaitForSignal(), and ignores SIGPIPE.
/// Call before any thread starts, because threads inherit it.
/// @throws std::system_error
void BlockSignals();

/// Waits for SIGTERM, SIGINT or SIGHUP and returns it.
/// @throws std::system_error
int WaitForSignal();

/// Lets SIGTERM and SIGINT end the process at once. Call on the thread that
/// called BlockSignals().
/// @throws std::system_error
void UnblockSignals();

/// Raises the limit of open files to what so many connections need.
/// @throws std::runtime_error with a text for people if it cannot be raised.
void AllowConnections(std::size_t connections);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_PROCESS_H_
