// SPDX-License-Identifier: Apache-2.0

/// The flags of the server.
#ifndef CONTAINERCOLLECTOR_SERVER_FLAGS_H_
#define CONTAINERCOLLECTOR_SERVER_FLAGS_H_

#include <string>
#include <string_view>

#include "server/options.h"

namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
}  // namespace CLI

namespace containercollector::server {

/// Adds the flags that can also be set by environment variables.
/// @param options Holds the defaults and receives the values. Must outlive
/// `app`.
void AddFlags(CLI::App& app, Options& options);

/// Returns the variable of a flag: "CONTAINER_COLLECTOR_PORT" for "port".
std::string VariableOf(const std::string& name);

/// Returns whether Kubernetes set the variable. If a namespace has a Service
/// named container-collector, each of its pods gets variables such as
/// CONTAINER_COLLECTOR_PORT=tcp://10.0.0.1:8091.
bool IsServiceLink(std::string_view variable, std::string_view value);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_FLAGS_H_
