// SPDX-License-Identifier: Apache-2.0

#include "server/collect/incomplete_log.h"

#include <cctype>

namespace containercollector::server {
namespace {

/// A node with more causes is so sick that more lines would help nobody.
constexpr std::size_t kMaxCauses = 8;

/// Returns the text with "#" in place of each word that has a digit.
std::string WithoutNumbers(const std::string& text) {
  std::string result;
  std::size_t word = 0;  // Where the current word begins in the result.
  bool replaced = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) == 0) {
      result += c;
      word = result.size();
      replaced = false;
    } else if (std::isdigit(byte) != 0 && !replaced) {
      result.resize(word);
      result += '#';
      replaced = true;
    } else if (!replaced) {
      result += c;
    }
  }
  return result;
}

}  // namespace

void AddCause(const std::string& error, Causes& causes) {
  const std::string key = WithoutNumbers(error);
  if (causes.size() >= kMaxCauses && causes.count(key) == 0) return;
  Cause& cause = causes.try_emplace(key, Cause{error}).first->second;
  ++cause.containers;
}

IncompleteLog::Changes IncompleteLog::Update(const Causes& causes,
                                             bool is_whole) {
  Changes changes;
  const std::lock_guard lock(mutex_);
  changes.all_ended = is_whole && causes.empty() && !known_.empty();
  std::set<std::string> now;
  for (const auto& [key, cause] : causes) {
    now.insert(key);
    if (known_.count(key) > 0 || (!is_whole && known_.size() >= kMaxCauses))
      continue;
    known_.insert(key);
    changes.begun.push_back(cause);
  }
  if (is_whole) known_ = std::move(now);
  return changes;
}

}  // namespace containercollector::server
