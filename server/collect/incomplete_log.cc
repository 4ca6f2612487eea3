// SPDX-License-Identifier: Apache-2.0

#include "server/collect/incomplete_log.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace containercollector::server {
namespace {

/// Further causes are those of a node so sick that more lines help nobody.
constexpr std::size_t kMaxCauses = 8;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Returns the text with "#" in place of each word that has a digit.
std::string WithoutNumbers(const std::string& text) {
  std::string result;
  for (auto word = text.begin(); word != text.end();) {
    const auto end = std::find_if_not(word, text.end(), IsWord);
    if (end == word) {
      result += *word++;
      continue;
    }
    if (std::any_of(word, end, IsDigit)) {
      result += '#';
    } else {
      result.append(word, end);
    }
    word = end;
  }
  return result;
}

}  // namespace

void Causes::Add(const std::string& text) {
  const std::string key = WithoutNumbers(text);
  const auto found = causes_.find(key);
  if (found != causes_.end()) {
    ++found->second.containers;
  } else if (causes_.size() < kMaxCauses) {
    causes_[key] = {text, 1};
  }
}

std::vector<LogLine> IncompleteLog::Lines(const Causes& causes, bool is_whole) {
  std::vector<LogLine> lines;
  std::set<std::string> now;
  for (const auto& entry : causes.causes_) now.insert(entry.first);
  const std::lock_guard lock(mutex_);
  if (is_whole && now.empty() && !known_.empty()) {
    lines.push_back(
        {LogLevel::kInfo, "all containers have their details again", {}});
  }
  for (const auto& [key, cause] : causes.causes_) {
    if (known_.count(key) != 0 || (!is_whole && known_.size() >= kMaxCauses))
      continue;
    if (!is_whole) known_.insert(key);
    lines.push_back(
        {LogLevel::kWarning,
         "containers lack details",
         {{"containers", static_cast<std::int64_t>(cause.containers)},
          {"error", cause.first_text}}});
  }
  if (is_whole) known_ = std::move(now);
  return lines;
}

}  // namespace containercollector::server
