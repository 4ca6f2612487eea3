// SPDX-License-Identifier: Apache-2.0
#include "lib/src/cri/name_pattern.h"

#include "containercollector/error.h"
#include "lib/src/json/utf8.h"

namespace containercollector::internal::cri {
namespace {

[[noreturn]] void Reject(const std::string& text) {
  throw Error(ErrorCode::kRequestRejected,
              "Invalid filter 'name=" + RepairUtf8(text.substr(0, 64)) +
                  (text.size() > 64 ? "..." : "") +
                  "': write a name or a regular expression of at most " +
                  std::to_string(NamePattern::kMaxBytes) +
                  " bytes, without \"{\" and \"(?\".");
}

}  // namespace

NamePattern::NamePattern(const std::string& text) : text_(text) {
  // What is left has few states. The matcher with __polynomial, an extension
  // of libstdc++, visits each once for each character. The default one
  // backtracks.
  if (text.size() > kMaxBytes || text.find('{') != std::string::npos ||
      text.find("(?") != std::string::npos)
    Reject(text);
  try {
    regex_.emplace(text, std::regex::ECMAScript | std::regex::nosubs |
                             std::regex_constants::__polynomial);
  } catch (const std::regex_error&) {
    // Only the exact name matches.
  }
}

bool NamePattern::Matches(const std::string& name) const {
  return name == text_ || (regex_ && std::regex_search(name, *regex_));
}

}  // namespace containercollector::internal::cri
