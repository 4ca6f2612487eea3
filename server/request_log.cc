// SPDX-License-Identifier: Apache-2.0

#include "server/request_log.h"

#include <algorithm>

namespace containercollector::server {
namespace {

constexpr std::array<std::string_view, 7> kBodyFields = {
    "diagnosis.name", "diagnosis.namespace", "diagnosis.uid", "node",
    "task.name",      "task.namespace",      "task.uid"};

constexpr std::size_t kMaxTextBytes = 256;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

void CallerFields::Read(std::string_view piece) {
  for (const char c : piece) {
    if (in_string_) {
      ReadInString(c);
      continue;
    }
    if (IsSpace(c)) continue;
    if (!std::exchange(started_, true) && c != '{') ended_ = true;
    if (ended_) return;
    if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if (c == '}' || c == ']') {
      ended_ = --depth_ == 0;
    } else if (depth_ == 1) {
      is_value_ = c == ':' || (is_value_ && c != ',');
    }
  }
}

void CallerFields::ReadInString(char c) {
  if (c == '"' && !escaped_) return EndString();
  escaped_ = c == '\\' && !escaped_;
  if (depth_ == 1 && text_.size() < kMaxTextBytes) text_ += c;
}

void CallerFields::EndString() {
  in_string_ = false;
  if (depth_ == 1 && !is_value_) {
    const auto* const name =
        std::find(kBodyFields.begin(), kBodyFields.end(), text_);
    field_ = name == kBodyFields.end() ? std::string_view() : *name;
  } else if (depth_ == 1 && !field_.empty()) {
    const bool known =
        std::any_of(fields_.begin(), fields_.end(),
                    [&](const auto& field) { return field.first == field_; });
    if (!known) fields_.emplace_back(field_, text_);
    field_ = {};
  }
  text_.clear();
}

LogFields RequestLogFields(const RequestRecord& record) {
  LogFields fields = {
      {"method", record.request.method},
      {"path", record.request.path},
      {"status", std::int64_t{record.status}},
      {"duration_ms",
       std::chrono::duration<double, std::milli>(record.duration).count()},
      {"bytes", static_cast<std::int64_t>(record.bytes)},
  };
  if (!record.request.peer.empty())
    fields.push_back({"peer", record.request.peer});
  if (!record.request.query.empty())
    fields.push_back({"query", record.request.query});
  if (!record.error.empty()) fields.push_back({"error", record.error});
  if (!record.delivered) fields.push_back({"delivered", std::string("no")});
  for (const auto& [name, value] : record.request.headers)
    fields.push_back({name, value});
  if (const auto* const caller =
          dynamic_cast<const CallerFields*>(record.request.body_reader.get())) {
    for (const auto& [name, value] : caller->fields())
      fields.push_back({name, value});
  }
  return fields;
}

}  // namespace containercollector::server
