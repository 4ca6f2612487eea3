// SPDX-License-Identifier: Apache-2.0
/// Converts the CRI's containers and sandboxes to what dockershim made of them.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_CONTAINERS_H_
#define CONTAINERCOLLECTOR_SRC_CRI_CONTAINERS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "containercollector/types.h"
#include "lib/src/cri/budget.h"
#include "lib/src/cri/messages.h"

namespace containercollector::internal::cri {

/// A listed container or sandbox.
struct Entry {
  Container container;
  std::int64_t created_at = 0;  ///< Nanoseconds since 1970; 0: unknown.
  bool is_sandbox = false;
  std::string image_ref;  ///< Another name of the image.
  std::optional<std::int32_t> exit_code;
  /// Why the entry lacks details; absent if it does not.
  std::optional<Error> missing;
};

/// What only a status call returns, about a container or a sandbox.
struct Details {
  ContainerStatus container;
  SandboxStatus sandbox;
  std::string command;        ///< Empty if the runtime omits it.
  std::string sandbox_image;  ///< The same.
  std::size_t bytes = 0;      ///< Memory used by all this.
};

/// Returns the containers and sandboxes, newest first, without the details of a
/// status call. If an ID appears more than once, the last one wins.
/// @throws BudgetError
std::vector<Entry> MakeEntries(std::vector<ListedContainer> containers,
                               std::vector<ListedSandbox> sandboxes,
                               Budget& budget);

/// Decodes the response to a status call.
/// @throws MessageError, BudgetError
Details DecodeDetails(std::string_view message, bool is_sandbox,
                      Budget& budget);

/// Returns Docker's name of the state in the details.
std::string_view StateOf(const Details& details, bool is_sandbox);

/// Adds the details of a status call.
/// @param now Nanoseconds since 1970.
/// @throws BudgetError
void AddDetails(const Details& details, std::int64_t now, Budget& budget,
                Entry& entry);

/// Adds the sizes of the containers' writable layers.
void AddStats(const std::vector<ContainerStats>& stats,
              std::vector<Entry>& entries);

/// Returns the ports in the kubelet's annotation io.kubernetes.container.ports;
/// none if it is malformed.
/// @throws BudgetError
std::vector<Port> ParsePorts(const std::string& annotation, Budget& budget);

/// Returns a command in dockerd's format: the path, then the arguments, with
/// single quotes around those that contain spaces.
std::string CommandText(const StringList& args);

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_CONTAINERS_H_
