// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/name_pattern.h"

#include "containercollector/error.h"
#include "lib/src/failure.h"

namespace containercollector::internal::cri {
namespace {

/// libstdc++ needs this flag to match without backtracking. libc++ always
/// backtracks, but throws if that takes too long.
#ifdef __GLIBCXX__
constexpr auto kWithoutBacktracking = std::regex_constants::__polynomial;
#else
constexpr std::regex::flag_type kWithoutBacktracking{};
#endif

[[noreturn]] void Reject(const std::string& text) {
  constexpr std::size_t kShown = 64;
  throw Error(
      ErrorCode::kRequestRejected,
      "Invalid filter 'name=" + Shortened(text, kShown) +
          "': write parts of names, or regular expressions of at most " +
          std::to_string(NamePattern::kMaxBytes) +
          R"( bytes together, without "{", "(?", "\b" and "\B".)");
}

}  // namespace

NamePattern::NamePattern(const std::string& text, std::size_t& room)
    : text_(text), plain_(ParsePlain(text)) {
  if (plain_) return;
  if (text.size() > room) Reject(text);
  // Without these, an expression has few states.
  for (const char* const costly : {"{", "(?", "\\b", "\\B"})
    if (text.find(costly) != std::string::npos) Reject(text);
  room -= text.size();
  constexpr auto kFlags =
      std::regex::ECMAScript | std::regex::nosubs | kWithoutBacktracking;
  try {
    // Rejects "a)(b", for example, which is valid within the parentheses below.
    const std::regex must_be_valid(text, kFlags);
    // Matching the whole name is a single pass. Searching starts a new pass at
    // each character.
    regex_.emplace("[\\s\\S]*(?:" + text + ")[\\s\\S]*", kFlags);
  } catch (const std::regex_error&) {
    // An invalid expression matches only the exact name.
  }
}

std::optional<NamePattern::Plain> NamePattern::ParsePlain(
    std::string_view text) {
  Plain plain;
  plain.at_begin = !text.empty() && text.front() == '^';
  if (plain.at_begin) text.remove_prefix(1);
  plain.at_end = !text.empty() && text.back() == '$';
  if (plain.at_end) text.remove_suffix(1);
  if (text.find_first_of(R"(^$\.*+?()[]{}|)") != std::string_view::npos)
    return std::nullopt;
  plain.text = text;
  return plain;
}

bool NamePattern::Matches(std::string_view name) const {
  const std::string_view rest = name.substr(1);
  if (name == text_ || rest == text_ || IsFoundIn(name)) return true;
  // Without "^", a match after the slash is also a match in the whole name.
  return text_.find('^') != std::string::npos && IsFoundIn(rest);
}

bool NamePattern::IsFoundIn(std::string_view name) const {
  if (regex_) {
    try {
      return std::regex_match(name.begin(), name.end(), *regex_);
    } catch (const std::regex_error&) {
      Reject(text_);
    }
  }
  if (!plain_) return false;
  const std::string& text = plain_->text;
  if (plain_->at_begin && plain_->at_end) return name == text;
  if (plain_->at_begin) return name.substr(0, text.size()) == text;
  if (!plain_->at_end) return name.find(text) != std::string_view::npos;
  return name.size() >= text.size() &&
         name.substr(name.size() - text.size()) == text;
}

}  // namespace containercollector::internal::cri
