// SPDX-License-Identifier: Apache-2.0

/// The flags of the server.
#ifndef CONTAINERCOLLECTOR_SERVER_FLAGS_H_
#define CONTAINERCOLLECTOR_SERVER_FLAGS_H_

#include "server/options.h"

namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
}  // namespace CLI

namespace containercollector::server {

/// Adds the flags that can also be set in the environment and in a file.
/// @param options Holds the defaults, and gets the values. Must outlive `app`.
void AddFlags(CLI::App& app, Options& options);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_FLAGS_H_
