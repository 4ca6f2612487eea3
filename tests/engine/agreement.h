// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_AGREEMENT_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_AGREEMENT_H_

#include <string>

#include "tests/support/server_process.h"

namespace containercollector::engine {

inline const std::string kNoDifference;

/// Returns how the route's response to `route_query` differs from what moby's
/// types make of the daemon's response to `daemon_query`, or kNoDifference.
/// Each query is empty or begins with "?".
///
/// A status such as "Up 3 seconds" changes by itself. So the request to the
/// route is sent between two requests to the daemon, again and again until the
/// responses to those two are equal.
/// @throws std::runtime_error if a request fails.
std::string DifferenceFromDaemon(const test::ServerProcess& server,
                                 const std::string& socket,
                                 const std::string& route_query,
                                 const std::string& daemon_query);

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_AGREEMENT_H_
