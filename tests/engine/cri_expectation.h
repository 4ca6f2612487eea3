// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_ENGINE_CRI_EXPECTATION_H_
#define CONTAINERCOLLECTOR_TESTS_ENGINE_CRI_EXPECTATION_H_

#include <rapidjson/document.h>

#include <string>

#include "tests/engine/containerd_node.h"

namespace containercollector::engine {

/// Returns the containers of the node as dockershim would have shown them,
/// each under its id. It is written from what containerd was asked to run and
/// from what it says of states, times and addresses, and shares nothing with
/// the library. The end of "Status" depends on the time, and is left out.
rapidjson::Document ExpectedContainers(ContainerdNode& node);

}  // namespace containercollector::engine

#endif  // CONTAINERCOLLECTOR_TESTS_ENGINE_CRI_EXPECTATION_H_
