// SPDX-License-Identifier: Apache-2.0

/// The containers and sandboxes of the CRI as Docker with dockershim would have
/// listed them.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_CONTAINERS_H_
#define CONTAINERCOLLECTOR_SRC_CRI_CONTAINERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "containercollector/types.h"
#include "lib/src/cri/messages.h"

namespace containercollector::internal::cri {

/// The labels that dockershim adds.
inline constexpr std::string_view kAnnotationPrefix = "annotation.";
inline constexpr std::string_view kSandboxIdLabel = "io.kubernetes.sandbox.id";
inline constexpr std::string_view kLogPathLabel =
    "io.kubernetes.container.logpath";

/// A listed container or sandbox.
struct Entry {
  Container container;
  std::int64_t created_at = 0;  ///< Nanoseconds since 1970; 0: unknown.
  bool is_sandbox = false;
  bool is_gone = false;   ///< Whether the runtime no longer knows it.
  std::string image_ref;  ///< Another name of the image.
  std::optional<std::int32_t> exit_code;
  /// Why the entry lacks details; absent if it does not.
  std::optional<Error> missing;
};

/// Returns whether this is a whole ID, without its algorithm.
bool IsHexId(std::string_view text);

/// Returns the containers and sandboxes, newest first, without the details of a
/// status call. If an ID appears more than once, the last one wins.
/// @throws BudgetError
std::vector<Entry> MakeEntries(std::vector<Listed> containers,
                               std::vector<Listed> sandboxes, Budget& budget);

/// Adds the details of a status call.
/// @param now Nanoseconds since 1970.
/// @throws BudgetError
void AddDetails(const Details& details, std::int64_t now, Budget& budget,
                Entry& entry);

/// Adds the sizes of the containers' writable layers.
void AddStats(const std::vector<Stats>& stats, std::vector<Entry>& entries);

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_CONTAINERS_H_
