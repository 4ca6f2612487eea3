// SPDX-License-Identifier: Apache-2.0
/// The list options, applied here as a Docker daemon applies them.
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
#include "lib/src/cri/name_pattern.h"

namespace containercollector::internal::cri {

/// Does what moby v19.03.15 daemon/list.go does, for the filters that make
/// sense for a container runtime.
class ListFilter {
 public:
  /// @param options Must outlive the filter.
  /// @throws Error kRequestRejected for a filter or value that is not
  /// supported, with a text that lists those that are.
  explicit ListFilter(const ListOptions& options);

  /// Drops entries that the options exclude, as far as their status is not
  /// needed for that, so that no status is asked for in vain.
  /// @param entries All of the node, newest first.
  /// @throws Error kRequestRejected if `before` or `since` names none of them.
  void DropListed(std::vector<Entry>& entries) const;

  /// Drops the rest, after the status was added to each entry.
  void DropComplete(std::vector<Entry>& entries) const;

 private:
  const Filters::Values& ValuesOf(std::string_view name) const;
  static std::size_t IndexOf(const std::string& id_or_name,
                             const std::vector<Entry>& entries);
  void ApplyBeforeAndSince(std::vector<Entry>& entries) const;
  std::optional<std::set<std::string>> IdsThatMatch(
      const std::vector<Entry>& entries) const;
  bool MatchesState(const Container& container) const;
  bool MatchesName(const Container& container) const;
  bool MatchesLabels(const Container& container) const;
  bool MatchesExitCode(const Entry& entry) const;
  bool MatchesAncestor(const Container& container) const;
  bool MatchesNetwork(const Container& container) const;
  void ApplyLimit(std::vector<Entry>& entries) const;

  const ListOptions& options_;
  std::vector<int> exit_codes_;
  std::vector<NamePattern> names_;
};

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_LIST_FILTER_H_
