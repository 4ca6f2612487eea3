// SPDX-License-Identifier: Apache-2.0

/// The flags of the server.
#ifndef CONTAINERCOLLECTOR_SERVER_FLAGS_H_
#define CONTAINERCOLLECTOR_SERVER_FLAGS_H_

#include <string>

#include "server/options.h"

namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
}  // namespace CLI

namespace containercollector::server {

/// Adds the flags that are environment variables too.
/// @param options Holds the defaults, and gets the values. Must outlive `app`.
void AddFlags(CLI::App& app, Options& options);

/// Returns the variable of a flag: "CONTAINER_COLLECTOR_PORT" for "port".
std::string VariableOf(const std::string& name);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_FLAGS_H_
