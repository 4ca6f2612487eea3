// SPDX-License-Identifier: Apache-2.0
/// Applies the list options as a Docker daemon does.
#ifndef CONTAINERCOLLECTOR_SRC_CRI_LIST_FILTER_H_
#define CONTAINERCOLLECTOR_SRC_CRI_LIST_FILTER_H_

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "containercollector/list_options.h"
#include "lib/src/cri/containers.h"
#include "lib/src/cri/messages.h"
#include "lib/src/cri/name_pattern.h"
#include "lib/src/http/call_limit.h"

namespace containercollector::internal::cri {

/// Mirrors moby v19.03.15 daemon/list.go for the filters that make sense for a
/// CRI runtime.
class ListFilter {
 public:
  /// @param options Must outlive the filter.
  /// @param limit When filtering must end.
  /// @throws Error kRequestRejected for too many values, or for a filter or
  /// value that is not supported; the text lists those that are.
  ListFilter(const ListOptions& options, const CallLimit& limit);

  /// Returns which containers the runtime itself can exclude.
  ListRequest Request() const;

  /// Drops every entry that can be excluded without fetching its status.
  /// @param entries All entries of the node, newest first.
  /// @throws Error kRequestRejected if `before` or `since` names none of them;
  /// kTimeout, kCancelled.
  void DropListed(std::vector<Entry>& entries) const;

  /// Returns whether more entries may be dropped once their status is known.
  bool NeedsStatus() const;

  /// Drops the other entries that do not match, once each has its status.
  /// @throws Error kTimeout, kCancelled
  void DropComplete(std::vector<Entry>& entries) const;

  /// Returns the maximum number of entries to list.
  std::size_t max_entries() const;

 private:
  const Filters::Values& ValuesOf(std::string_view name) const;
  std::size_t IndexOf(const std::string& id_or_name,
                      const std::vector<Entry>& entries) const;
  void ApplyBeforeAndSince(std::vector<Entry>& entries) const;
  std::optional<std::set<std::string>> IdsThatMatch(
      const std::vector<Entry>& entries) const;
  bool MatchesState(const Container& container) const;
  bool MatchesName(const Container& container) const;
  bool MatchesLabels(const Container& container) const;
  bool MatchesExitCode(const Entry& entry) const;
  bool MatchesNetwork(const Container& container) const;
  template <typename Keep>
  void KeepIf(std::vector<Entry>& entries, const Keep& keep) const;
  bool MatchesAncestor(const Entry& entry) const;

  const ListOptions& options_;
  const CallLimit& limit_;
  std::vector<int> exit_codes_;
  std::vector<NamePattern> names_;
};

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_LIST_FILTER_H_
