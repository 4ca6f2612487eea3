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

/// A value of the filter: a part of a name, or a regular expression that is
/// found in it.
///
/// Anybody who may send requests writes these, so that matching must take
/// neither exponential time nor a deep stack. Docker uses RE2 for that; here it
/// would make every program that links this library load RE2, and on Debian 13
/// a dozen libraries of Abseil, for one filter. All expressions of a request
/// together take about a second for 10,000 names.
class NamePattern {
 public:
  /// @param room Bytes that the expressions of a request may still have, at
  /// first kMaxBytes. An expression takes what it has; a text without
  /// operators but "^" before and "$" after it takes nothing.
  /// @throws Error kRequestRejected for an expression that has no room, repeats
  /// with braces, has a group that begins with "(?", or looks for the ends of
  /// words.
  NamePattern(const std::string& text, std::size_t& room);

  /// Returns whether the pattern is found in a name, or in what follows its
  /// slash. An expression that is not valid finds nothing, as in Docker.
  /// @param name Begins with a slash.
  [[nodiscard]] bool Matches(std::string_view name) const;

  static constexpr std::size_t kMaxBytes = 40;

 private:
  /// Text without operators, which may be bound to either end of a name.
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
