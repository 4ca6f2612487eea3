// SPDX-License-Identifier: Apache-2.0

/// How many files the process may have open.
#ifndef CONTAINERCOLLECTOR_SERVER_FILE_LIMIT_H_
#define CONTAINERCOLLECTOR_SERVER_FILE_LIMIT_H_

#include <cstddef>

namespace containercollector::server {

/// Makes sure that the process may have as many connections as this, and what
/// it needs besides.
/// @throws std::runtime_error with a text for people when it may not.
void AllowConnections(std::size_t connections);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_FILE_LIMIT_H_
