// SPDX-License-Identifier: Apache-2.0
/// Containers and sandboxes of the CRI in the shape that dockershim gave them.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_CONTAINERS_H_
#define CONTAINERCOLLECTOR_SRC_CRI_CONTAINERS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "containercollector/types.h"
#include "lib/src/cri/messages.h"

namespace containercollector::internal::cri {

/// A container or sandbox, and what a list needs to know of it besides.
struct Entry {
  Container container;
  std::int64_t created_at = 0;  ///< Nanoseconds since 1970.
  bool is_sandbox = false;
  bool has_status = false;
  std::optional<std::int32_t> exit_code;  ///< If it ended, and CRI tells how.
};

/// Returns the containers and sandboxes, newest first. They lack what only
/// their status tells.
std::vector<Entry> MakeEntries(const std::vector<ListedContainer>& containers,
                               const std::vector<ListedSandbox>& sandboxes);

/// Adds what only the status tells.
/// @param now Nanoseconds since 1970.
void AddStatus(const ContainerStatus& status, std::int64_t now, Entry& entry);
void AddStatus(const SandboxStatus& status, std::int64_t now, Entry& entry);

/// Adds the sizes of the writable layers to their containers.
void AddStats(const std::vector<ContainerStats>& stats,
              std::vector<Entry>& entries);

/// Returns the ports in the kubelet's annotation io.kubernetes.container.ports;
/// none if it is malformed.
std::vector<Port> ParsePorts(const std::string& annotation);

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_CONTAINERS_H_
