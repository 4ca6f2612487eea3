// SPDX-License-Identifier: Apache-2.0
/// Containers and sandboxes of the CRI in the shape that dockershim gave them.
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

/// A container or sandbox of a list.
struct Entry {
  Container container;
  std::int64_t created_at = 0;  ///< Nanoseconds since 1970; 0: unknown.
  bool is_sandbox = false;
  std::string image_ref;  ///< Another name of the image.
  std::optional<std::int32_t> exit_code;
  /// Why the entry lacks details, if it does.
  std::optional<Error> missing;
};

/// What only a status call tells: of a container or of a sandbox.
struct Details {
  ContainerStatus container;
  SandboxStatus sandbox;
  std::string command;        ///< Empty if the runtime does not tell.
  std::string sandbox_image;  ///< The same.
  std::size_t bytes = 0;      ///< Memory that all this takes.
};

/// Returns the containers and sandboxes, newest first. They lack what only
/// their status tells. The last one of several with the same ID wins.
/// @throws BudgetError
std::vector<Entry> MakeEntries(std::vector<ListedContainer> containers,
                               std::vector<ListedSandbox> sandboxes,
                               Budget& budget);

/// Decodes the response to a status call.
/// @throws MessageError, BudgetError
Details DecodeDetails(std::string_view message, bool is_sandbox,
                      Budget& budget);

/// Returns the state of Docker's that the details tell.
std::string_view StateOf(const Details& details, bool is_sandbox);

/// Adds what the status tells.
/// @param now Nanoseconds since 1970.
/// @throws BudgetError
void AddDetails(const Details& details, std::int64_t now, Budget& budget,
                Entry& entry);

/// Adds the sizes of the writable layers to their containers.
void AddStats(const std::vector<ContainerStats>& stats,
              std::vector<Entry>& entries);

/// Returns the ports in the kubelet's annotation io.kubernetes.container.ports;
/// none if it is malformed.
/// @throws BudgetError
std::vector<Port> ParsePorts(const std::string& annotation, Budget& budget);

/// Returns a command as dockerd lists it: the path, then the arguments, those
/// with spaces in single quotes.
std::string CommandText(const StringList& args);

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_CONTAINERS_H_
