// SPDX-License-Identifier: Apache-2.0
/// The regular expressions of the filter "name".
#ifndef CONTAINERCOLLECTOR_SRC_CRI_NAME_PATTERN_H_
#define CONTAINERCOLLECTOR_SRC_CRI_NAME_PATTERN_H_

#include <optional>
#include <regex>
#include <string>

namespace containercollector::internal::cri {

/// A value of the filter: a name, or a regular expression that is found in it.
///
/// Anybody who may send requests writes these, so that matching one must take
/// neither exponential time nor a deep stack. Docker uses RE2 for that.
class NamePattern {
 public:
  /// @throws Error kRequestRejected for an expression that is longer than
  /// kMaxBytes, repeats with braces, or has a group that begins with "(?".
  explicit NamePattern(const std::string& text);

  /// An expression that is not valid finds nothing, as in Docker.
  [[nodiscard]] bool Matches(const std::string& name) const;

  static constexpr std::size_t kMaxBytes = 256;

 private:
  std::string text_;
  std::optional<std::regex> regex_;
};

}  // namespace containercollector::internal::cri

#endif  // CONTAINERCOLLECTOR_SRC_CRI_NAME_PATTERN_H_
