// SPDX-License-Identifier: Apache-2.0

/// @file
/// A map from strings that keeps its entries in one sorted vector.
#ifndef CONTAINERCOLLECTOR_SORTED_MAP_H_
#define CONTAINERCOLLECTOR_SORTED_MAP_H_

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace containercollector {

namespace internal {
struct MapFiller;
}

/// A map with string keys, ordered by the bytes of the keys, as Go's
/// encoding/json writes maps.
///
/// The maps of a container are small, are filled once and then read; one sorted
/// vector does that with the fewest allocations. A value type; safe to read
/// from many threads, as the standard containers are.
template <typename Value>
class SortedMap {
 public:
  using value_type = std::pair<std::string, Value>;
  using const_iterator = typename std::vector<value_type>::const_iterator;

  SortedMap() = default;
  SortedMap(std::initializer_list<value_type> entries)
      : SortedMap(std::vector<value_type>(entries)) {}

  /// Takes entries in any order. Where a key is repeated, the last one counts.
  explicit SortedMap(std::vector<value_type> entries)
      : entries_(std::move(entries)) {
    if (std::adjacent_find(entries_.begin(), entries_.end(), NotAscending) ==
        entries_.end())
      return;
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const value_type& a, const value_type& b) {
                       return a.first < b.first;
                     });
    // Reversed, the last of equal keys comes first, and is the one that unique
    // keeps.
    std::reverse(entries_.begin(), entries_.end());
    entries_.erase(std::unique(entries_.begin(), entries_.end(),
                               [](const value_type& a, const value_type& b) {
                                 return a.first == b.first;
                               }),
                   entries_.end());
    std::reverse(entries_.begin(), entries_.end());
  }

  const_iterator begin() const noexcept { return entries_.begin(); }
  const_iterator end() const noexcept { return entries_.end(); }
  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }

  /// The value of a key, or nullptr. Valid until the map changes.
  const Value* Find(std::string_view key) const noexcept {
    const auto entry = LowerBound(entries_, key);
    return entry != entries_.end() && entry->first == key ? &entry->second
                                                          : nullptr;
  }

  /// The value of a key, which is added with a default value where it is
  /// missing. Valid until the map changes.
  Value& operator[](std::string_view key) {
    auto entry = LowerBound(entries_, key);
    if (entry == entries_.end() || entry->first != key)
      entry = entries_.emplace(entry, key, Value{});
    return entry->second;
  }

  friend bool operator==(const SortedMap& a, const SortedMap& b) {
    return a.entries_ == b.entries_;
  }
  friend bool operator!=(const SortedMap& a, const SortedMap& b) {
    return !(a == b);
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
