// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTS_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTS_H_

#include <chrono>
#include <cstddef>
#include <string>

#include "tests/support/scripted_daemon.h"

/// Ready-made scripts: each does the same to every request.
namespace containercollector::test {

/// Keeps the connection, as HTTP/1.1 does.
Script RespondWith(std::string response);
/// For responses that are cut off, and those that end with the connection.
Script RespondAndClose(std::string response);
Script RespondSlowly(std::string response, std::chrono::milliseconds interval);
/// Waits for ScriptedDaemon::Release() first.
Script RespondWhenReleased(std::string response);

Script NeverRespond();
Script CloseWithoutResponse();
Script ResetWithoutResponse();

/// `kept` requests of each connection get what `script` makes of them; the
/// connection dies of the next one.
Script DieAfter(std::size_t kept, Script script);

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTS_H_
