// SPDX-License-Identifier: Apache-2.0
#ifndef CONTAINERCOLLECTOR_SRC_SELECTING_RUNTIME_H_
#define CONTAINERCOLLECTOR_SRC_SELECTING_RUNTIME_H_

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "containercollector/container_runtime.h"

namespace containercollector::internal {

struct RuntimeCandidate {
  std::unique_ptr<const ContainerRuntime> runtime;
  std::string socket_path;  ///< Empty or "@name" if there is no socket file.
};

/// Returns a runtime that selects one of several candidates as MakeRuntime()
/// describes. There are no separate probes: the list that shows the pods is the
/// one that the caller gets.
///
/// It queries the candidates one after the other, which needs no threads and
/// leaves those behind the chosen one alone. A candidate that hangs gets a
/// quarter of the remaining time. Because it may run the pods, another
/// candidate is chosen in its place only if that one lists running pods.
/// Otherwise the hanging candidate is queried again with all the remaining
/// time, and its error is the result.
/// @param candidates At least one, in order of preference.
/// @param timeout Time limit of a whole call.
std::unique_ptr<ContainerRuntime> MakeSelectingRuntime(
    std::vector<RuntimeCandidate> candidates, std::chrono::nanoseconds timeout);

}  // namespace containercollector::internal

#endif  // CONTAINERCOLLECTOR_SRC_SELECTING_RUNTIME_H_
