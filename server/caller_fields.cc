// SPDX-License-Identifier: Apache-2.0

#include "server/caller_fields.h"

#include <algorithm>
#include <array>

namespace containercollector::server {
namespace {

constexpr std::array<std::string_view, 7> kNames = {
    "diagnosis.name", "diagnosis.namespace", "diagnosis.uid", "node",
    "task.name",      "task.namespace",      "task.uid"};

constexpr std::size_t kMaxTextBytes = 256;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

void CallerFields::Read(std::string_view piece) {
  while (!piece.empty() && state_ != State::kEnd) {
    if (Skips()) {
      const auto* const next =
          std::find_if(piece.begin(), piece.end(),
                       [](char c) { return c == '"' || c == '\\'; });
      piece.remove_prefix(static_cast<std::size_t>(next - piece.begin()));
      if (piece.empty()) return;
    }
    Step(piece.front());
    piece.remove_prefix(1);
  }
}

bool CallerFields::Skips() const noexcept {
  if (escaped_) return false;
  return (state_ == State::kText && field_.empty()) ||
         (state_ == State::kOther && in_string_);
}

void CallerFields::Step(char c) {
  switch (state_) {
    case State::kKey:
    case State::kText:
      if (!escaped_ && c == '"') return EndString();
      escaped_ = !escaped_ && c == '\\';
      if (text_.size() < kMaxTextBytes) text_ += c;
      return;
    case State::kOther:
      return StepOther(c);
    case State::kEnd:
      return;
    default:
      break;
  }
  if (IsSpace(c)) return;
  if (state_ == State::kBeforeObject) {
    state_ = c == '{' ? State::kBeforeKey : State::kEnd;
  } else if (state_ == State::kBeforeKey) {
    // A comma stands before each key but the first.
    if (c != ',') state_ = c == '"' ? State::kKey : State::kEnd;
  } else if (state_ == State::kBeforeColon) {
    state_ = c == ':' ? State::kBeforeValue : State::kEnd;
  } else if (c == '"') {
    state_ = State::kText;
  } else {
    state_ = State::kOther;
    StepOther(c);
  }
}

void CallerFields::StepOther(char c) {
  if (in_string_) {
    if (!escaped_ && c == '"') in_string_ = false;
    escaped_ = !escaped_ && c == '\\';
  } else if (c == '"') {
    in_string_ = true;
  } else if (c == '{' || c == '[') {
    ++depth_;
  } else if (depth_ > 0) {
    if (c == '}' || c == ']') --depth_;
  } else if (c == ',') {
    state_ = State::kBeforeKey;
  } else if (c == '}') {
    state_ = State::kEnd;
  }
}

void CallerFields::EndString() {
  if (state_ == State::kKey) {
    const auto* const name = std::find(kNames.begin(), kNames.end(), text_);
    field_ = name == kNames.end() ? std::string_view() : *name;
    state_ = State::kBeforeColon;
  } else {
    const bool known =
        std::any_of(fields_.begin(), fields_.end(),
                    [&](const auto& field) { return field.first == field_; });
    if (!field_.empty() && !known) fields_.emplace_back(field_, text_);
    state_ = State::kBeforeKey;
  }
  text_.clear();
}

}  // namespace containercollector::server
