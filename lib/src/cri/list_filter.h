// SPDX-License-Identifier: Apache-2.0
#ifndef CONTAINERCOLLECTOR_SRC_CRI_LIST_FILTER_H_
#define CONTAINERCOLLECTOR_SRC_CRI_LIST_FILTER_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "containercollector/list_options.h"
#include "lib/src/cri/containers.h"
#include "lib/src/cri/messages.h"
#include "lib/src/http/call_limit.h"

namespace containercollector::internal::cri {

/// Returns whether a container's name, which begins with a slash, matches.
using NameMatcher = std::function<bool(std::string_view name)>;

/// Most bytes of the expressions in one request.
inline constexpr std::size_t kMaxExpressionBytes = 40;

/// Returns the matcher of a value of the filter "name": a part of a name with
/// or without its slash, or a regular expression for such a part. An invalid
/// expression matches only the exact name.
///
/// Any caller can send expressions, so matching must use neither exponential
/// time nor a deep stack. Docker uses RE2, but for this one filter every
/// program that links the library would load RE2 and, on Debian 13, a dozen
/// Abseil libraries. Instead, expressions are limited: those of one request
/// take at most about a second for 10,000 names.
/// @param room Bytes left for expressions. An expression uses its length; a
/// text without operators other than a leading "^" and a trailing "$" uses
/// none.
/// @throws Error kRequestRejected if the expression exceeds `room`, repeats
/// with braces, has a group that begins with "(?", or matches word boundaries.
NameMatcher MatcherOf(const std::string& text, std::size_t& room);

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
  template <typename Keep>
  void KeepIf(std::vector<Entry>& entries, const Keep& keep) const;
  std::optional<std::set<std::string>> IdsIn(
      const std::vector<Entry>& entries) const;
  void KeepBeforeAndSince(std::vector<Entry>& entries) const;
  bool MatchesState(const Container& container) const;

  const ListOptions& options_;
  const CallLimit& limit_;
  std::vector<NameMatcher> names_;
};

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_LIST_FILTER_H_
