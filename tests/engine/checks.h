// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_CHECKS_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_CHECKS_H_

#include <string>
#include <vector>

#include "tests/engine/daemon_process.h"
#include "tests/support/server_process.h"

/// What the server must do with every engine.
namespace containercollector::engine {

/// Checks that the daemon's list of containers has every one of `fragments`.
void CheckFragments(const std::string& list,
                    const std::vector<std::string>& fragments);

/// Checks that the route responds as the daemon does, for every kind of query.
void CheckAgreement(const test::ServerProcess& server,
                    const std::string& socket);

/// Checks that a killed daemon is reported, and that the server responds as the
/// daemon does once that has been started again.
void CheckSurvivesKill(const test::ServerProcess& server,
                       DaemonProcess& daemon);

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_CHECKS_H_
