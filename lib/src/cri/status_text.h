// SPDX-License-Identifier: Apache-2.0
/// Docker's words for the status of a container.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_STATUS_TEXT_H_
#define CONTAINERCOLLECTOR_SRC_CRI_STATUS_TEXT_H_

#include <chrono>
#include <cstdint>
#include <string>

#include "lib/src/cri/messages.h"

namespace containercollector::internal::cri {

/// Returns for example "About an hour". Does what HumanDuration of
/// docker/go-units does.
std::string HumanDuration(std::chrono::nanoseconds duration);

/// Returns for example "Up 3 hours", "Exited (137) 2 minutes ago", "Created".
/// Does what State.String() of moby v19.03.15 container/state.go does. A time
/// of 0 or less is unknown and left out: "Up", "Exited (137)".
/// @param now Nanoseconds since 1970.
std::string StatusText(const ContainerStatus& status, std::int64_t now);

/// As above. The CRI tells neither when a sandbox ended nor how: "Exited".
/// @param created_at When it began to run.
std::string StatusText(SandboxState state, std::int64_t created_at,
                       std::int64_t now);

/// Returns what a list alone tells: "Up", "Exited", "Created", "Dead".
std::string ShortStatusText(ContainerState state);
std::string ShortStatusText(SandboxState state);

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_STATUS_TEXT_H_
