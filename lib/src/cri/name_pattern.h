// SPDX-License-Identifier: Apache-2.0
/// The regular expressions of the filter "name".
#ifndef CONTAINERCOLLECTOR_SRC_CRI_NAME_PATTERN_H_
#define CONTAINERCOLLECTOR_SRC_CRI_NAME_PATTERN_H_

#include <cstddef>
#include <optional>
#include <regex>
#include <string>
#include <string_view>

namespace containercollector::internal::cri {

/// A value of the filter: a substring of a name, or a regular expression.
///
/// Any caller can send expressions, so matching must use neither exponential
/// time nor a deep stack. Docker uses RE2, but for this one filter every
/// program that links the library would load RE2 and, on Debian 13, a dozen
/// Abseil libraries. Instead, the length and operators of expressions are
/// limited: those of one request take at most about a second for 10,000 names.
class NamePattern {
 public:
  /// @param room Bytes left for the expressions of a request, at first
  /// kMaxBytes. An expression uses its length; a text without operators other
  /// than a leading "^" and a trailing "$" uses none.
  /// @throws Error kRequestRejected if the expression exceeds `room`, repeats
  /// with braces, has a group that begins with "(?", or matches word
  /// boundaries.
  NamePattern(const std::string& text, std::size_t& room);

  /// Returns whether the pattern matches a part of the name, with or without
  /// its slash. An invalid expression matches only the exact name.
  /// @param name Begins with a slash.
  [[nodiscard]] bool Matches(std::string_view name) const;

  static constexpr std::size_t kMaxBytes = 40;

 private:
  /// A text without operators, optionally anchored at either end of a name.
  struct Plain {
    std::string text;
    bool at_begin = false;
    bool at_end = false;
  };

  static std::optional<Plain> ParsePlain(std::string_view text);
  bool IsFoundIn(std::string_view name) const;

  std::string text_;
  std::optional<Plain> plain_;
  std::optional<std::regex> regex_;
};

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_NAME_PATTERN_H_
