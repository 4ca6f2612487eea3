// SPDX-License-Identifier: Apache-2.0
/// Docker's texts for a container's status.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_STATUS_TEXT_H_
#define CONTAINERCOLLECTOR_SRC_CRI_STATUS_TEXT_H_

#include <chrono>
#include <cstdint>
#include <string>

#include "lib/src/cri/messages.h"

namespace containercollector::internal::cri {

/// Returns for example "About an hour". Mirrors HumanDuration of
/// docker/go-units.
std::string HumanDuration(std::chrono::nanoseconds duration);

/// Returns for example "Up 3 hours", "Exited (137) 2 minutes ago", "Created".
/// Mirrors State.String() of moby v19.03.15 container/state.go. Omits a time
/// that is unknown, that is, 0 or less: "Up", "Exited (137)".
/// @param now Nanoseconds since 1970.
std::string StatusText(const ContainerStatus& status, std::int64_t now);

/// As above. The CRI reports neither when nor how a sandbox ended: "Exited".
/// @param created_at When it started to run.
std::string StatusText(SandboxState state, std::int64_t created_at,
                       std::int64_t now);

/// Returns the text that a list alone allows: "Up", "Exited", "Created",
/// "Dead".
std::string ShortStatusText(ContainerState state);
std::string ShortStatusText(SandboxState state);

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_STATUS_TEXT_H_
