// SPDX-License-Identifier: Apache-2.0

/// @file
/// Which containers to list.
#ifndef CONTAINERCOLLECTOR_LIST_OPTIONS_H_
#define CONTAINERCOLLECTOR_LIST_OPTIONS_H_

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "containercollector/export.h"

namespace containercollector {

/// The filters of a list: names, each with a set of values.
///
/// A container must match one value of each name; for "label", it must match
/// all values. The names are those of `docker ps --filter`; the runtime checks
/// and applies them. Mirrors moby v19.03.15 api/types/filters/parse.go, Args.
///
/// @code
/// ListOptions options;
/// options.filters.Add("label", "app=web")
///     .Add("status", "running")
///     .Add("status", "paused");
/// @endcode
///
/// A value type. Thread-safety: concurrent reads are safe, as with the standard
/// containers.
class Filters {
 public:
  using Values = std::set<std::string, std::less<>>;
  using Map = std::map<std::string, Values, std::less<>>;
  using const_iterator = Map::const_iterator;

  Filters() = default;

  /// Takes ownership of a map. A name without values is kept and sent as is.
  explicit Filters(Map values_by_name)
      : values_by_name_(std::move(values_by_name)) {}

  /// Adds a value. Has no effect if the name already has it.
  /// @return *this, for chaining.
  Filters& Add(std::string name, std::string value) {
    values_by_name_[std::move(name)].insert(std::move(value));
    return *this;
  }

  /// Returns whether there are no names.
  [[nodiscard]] bool empty() const noexcept { return values_by_name_.empty(); }

  /// Iterate over pairs of a name and its values. Both are sorted by bytes.
  const_iterator begin() const noexcept { return values_by_name_.begin(); }
  const_iterator end() const noexcept { return values_by_name_.end(); }

  friend bool operator==(const Filters& a, const Filters& b) {
    return a.values_by_name_ == b.values_by_name_;
  }
  /// An arbitrary total order.
  friend bool operator<(const Filters& a, const Filters& b) {
    return a.values_by_name_ < b.values_by_name_;
  }

 private:
  Map values_by_name_;
};

/// The options of ContainerRuntime::ListContainers(). Mirrors moby v19.03.15
/// api/types/client.go, ContainerListOptions, except that all containers are
/// listed by default.
struct ListOptions {
  /// Whether to list stopped containers too.
  bool all = true;

  /// Whether to fill in Container::size_rw and Container::size_root_fs. This is
  /// slow, because the daemon then walks the container's files.
  bool size = false;

  /// Maximum number of containers, newest first; 0 or less means no limit.
  int limit = 0;

  /// Filters that a container must match.
  Filters filters;
};

CONTAINERCOLLECTOR_EXPORT bool operator==(const ListOptions& a,
                                          const ListOptions& b);
inline bool operator!=(const ListOptions& a, const ListOptions& b) {
  return !(a == b);
}

/// An arbitrary total order, which allows options as map keys.
CONTAINERCOLLECTOR_EXPORT bool operator<(const ListOptions& a,
                                         const ListOptions& b);

/// Parses the query string of a URL, without the "?", by Docker's rules:
/// - `all`, `size`: false if empty, "0", "no", "false" or "none" (in any case,
///   ignoring surrounding spaces), else true;
/// - `limit`: a whole number; 0 or less means no limit;
/// - `filters`: JSON, with the values of each name as in
///   `{"status":["running"]}` or `{"status":{"running":true}}`.
///
/// Ignores unknown parameters. The first value of a repeated parameter wins.
/// Thread-safe.
/// @throws Error kInvalidArgument; the text names the malformed parameter.
[[nodiscard]] CONTAINERCOLLECTOR_EXPORT ListOptions
ParseListOptions(std::string_view query);

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_LIST_OPTIONS_H_
