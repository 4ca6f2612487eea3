// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_MOBY_CONTAINERS_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_MOBY_CONTAINERS_H_

#include <rapidjson/document.h>

#include <string>

namespace containercollector::engine {

/// The daemon's list of containers as a Go program would write it out again
/// that read it into `[]types.Container` of moby v19.03.15: the fields that the
/// structs have, in their order, with Go's zero value for one that the daemon
/// left out; without those of `omitempty` that are zero; keys of maps sorted by
/// bytes. It is written from the Go structs alone and shares nothing with the
/// library. Throws std::runtime_error when `daemon_response` is no such list.
rapidjson::Document AsMobyContainers(const std::string& daemon_response);

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_MOBY_CONTAINERS_H_
