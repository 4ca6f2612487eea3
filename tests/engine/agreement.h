// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_AGREEMENT_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_AGREEMENT_H_

#include <string>

#include "tests/engine/collector_process.h"

namespace containercollector::engine {

inline const std::string kNoDifference;

/// Asks the route with `route_query` and the daemon with `daemon_query`, each
/// empty or begun with "?", and says how the route's answer differs from what
/// moby's types make of the daemon's, or kNoDifference.
///
/// The answers are comparable only while nothing changes on the node, yet a
/// status such as "Up 3 seconds" changes by itself. So the route is asked
/// between two requests to the daemon, until those two have the same answer.
/// Throws std::runtime_error when one of them fails.
std::string DifferenceFromDaemon(const CollectorProcess& collector,
                                 const std::string& socket,
                                 const std::string& route_query,
                                 const std::string& daemon_query);

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_AGREEMENT_H_
