// SPDX-License-Identifier: Apache-2.0

/// @file
/// A map with string keys, stored as one sorted vector.
#ifndef CONTAINERCOLLECTOR_SORTED_MAP_H_
#define CONTAINERCOLLECTOR_SORTED_MAP_H_

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace containercollector {

namespace internal {
struct MapFiller;
}

/// A map with string keys, ordered by the bytes of the keys, as Go's
/// encoding/json writes maps. One sorted vector needs the fewest allocations
/// for maps that are small, filled once and then read.
///
/// A value type. Thread-safety: concurrent reads are safe.
template <typename Value>
class SortedMap {
 public:
  using value_type = std::pair<std::string, Value>;
  using const_iterator = typename std::vector<value_type>::const_iterator;

  SortedMap() = default;
  SortedMap(std::initializer_list<value_type> entries)
      : SortedMap(std::vector<value_type>(entries)) {}

  /// Accepts entries in any order. The last value of a repeated key wins.
  explicit SortedMap(std::vector<value_type> entries)
      : entries_(std::move(entries)) {
    if (std::adjacent_find(entries_.begin(), entries_.end(), NotAscending) ==
        entries_.end())
      return;
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const value_type& a, const value_type& b) {
                       return a.first < b.first;
                     });
    // From the back, because std::unique keeps the first of equal keys.
    const auto kept = std::unique(entries_.rbegin(), entries_.rend(),
                                  [](const value_type& a, const value_type& b) {
                                    return a.first == b.first;
                                  });
    entries_.erase(entries_.begin(), kept.base());
  }

  const_iterator begin() const noexcept { return entries_.begin(); }
  const_iterator end() const noexcept { return entries_.end(); }
  std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

  /// Returns the value of `key`, or nullptr. The pointer is valid until the map
  /// changes. Deleted for temporaries, where it would dangle.
  [[nodiscard]] const Value* Find(std::string_view key) const& noexcept {
    const auto entry = LowerBound(entries_, key);
    return entry != entries_.end() && entry->first == key ? &entry->second
                                                          : nullptr;
  }
  const Value* Find(std::string_view key) const&& = delete;

  /// Returns the value of `key`. The reference is valid until the map changes.
  /// @throws std::out_of_range if the map does not have `key`.
  [[nodiscard]] const Value& at(std::string_view key) const& {
    if (const Value* value = Find(key)) return *value;
    throw std::out_of_range("SortedMap has no key \"" + std::string(key) + '"');
  }
  const Value& at(std::string_view key) const&& = delete;

  /// Returns the value of `key`, inserting a default value if it is missing.
  /// The reference is valid until the map changes.
  Value& operator[](std::string_view key) & {
    auto entry = LowerBound(entries_, key);
    if (entry == entries_.end() || entry->first != key)
      entry = entries_.emplace(entry, key, Value{});
    return entry->second;
  }

  friend bool operator==(const SortedMap& a, const SortedMap& b) {
    return a.entries_ == b.entries_;
  }

 private:
  friend struct internal::MapFiller;

  static bool NotAscending(const value_type& a, const value_type& b) {
    return !(a.first < b.first);
  }

  template <typename Entries>
  static auto LowerBound(Entries& entries, std::string_view key) {
    return std::lower_bound(
        entries.begin(), entries.end(), key,
        [](const value_type& entry, std::string_view wanted) {
          return entry.first < wanted;
        });
  }

  std::vector<value_type> entries_;
};

}  // namespace containercollector

#endif  // CONTAINERCOLLECTOR_SORTED_MAP_H_
