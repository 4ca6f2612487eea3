// SPDX-License-Identifier: Apache-2.0

/// Signals, taken one by one instead of by a handler.
#ifndef CONTAINERCOLLECTOR_SERVER_SIGNALS_H_
#define CONTAINERCOLLECTOR_SERVER_SIGNALS_H_

namespace containercollector::server {

/// Keeps SIGTERM, SIGINT and SIGHUP for WaitForSignal(), and ignores SIGPIPE.
/// To be called before any thread starts, as threads inherit it.
/// @throws std::system_error
void HoldSignals();

/// Waits for SIGTERM, SIGINT or SIGHUP and returns it.
/// @throws std::system_error
int WaitForSignal();

/// From now on, SIGTERM and SIGINT end the process at once. To be called on the
/// thread that called HoldSignals().
/// @throws std::system_error
void LetSignalsEndProcess();

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_SIGNALS_H_
