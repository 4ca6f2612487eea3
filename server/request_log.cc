// SPDX-License-Identifier: Apache-2.0

#include "server/request_log.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

namespace containercollector::server {
namespace {

constexpr std::array<std::string_view, 7> kBodyFields = {
    "diagnosis.name", "diagnosis.namespace", "diagnosis.uid", "node",
    "task.name",      "task.namespace",      "task.uid"};

constexpr std::size_t kMaxTextBytes = 256;

class CallerReader final : public BodyReader {
 public:
  void Read(std::string_view piece) override {
    for (const char c : piece) {
      if (in_string_) {
        ReadInString(c);
        continue;
      }
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
      // The body itself must be an object.
      if (depth_ == 0 && c != '{') ended_ = true;
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

  /// The first value of each field. Values keep their escapes, and are cut.
  const std::map<std::string_view, std::string>& fields() const noexcept {
    return fields_;
  }

 private:
  void ReadInString(char c) {
    if (c == '"' && !escaped_) return EndString();
    escaped_ = c == '\\' && !escaped_;
    if (depth_ == 1 && text_.size() < kMaxTextBytes) text_ += c;
  }

  void EndString() {
    in_string_ = false;
    const std::string text = std::exchange(text_, "");
    if (depth_ != 1) return;
    if (!is_value_) {
      const auto* const name =
          std::find(kBodyFields.begin(), kBodyFields.end(), text);
      field_ = name == kBodyFields.end() ? "" : *name;
    } else if (const auto field = std::exchange(field_, ""); !field.empty()) {
      fields_.try_emplace(field, text);
    }
  }

  bool ended_ = false;  ///< After the object, or the body is not one.
  std::size_t depth_ = 0;
  bool is_value_ = false;  ///< After a colon of the object itself.
  bool in_string_ = false;
  bool escaped_ = false;    ///< The last byte was a backslash in a string.
  std::string text_;        ///< The key or value, cut.
  std::string_view field_;  ///< The last key; empty: an unknown one.
  std::map<std::string_view, std::string> fields_;
};

}  // namespace

std::shared_ptr<BodyReader> MakeCallerReader() {
  return std::make_shared<CallerReader>();
}

LogFields RequestLogFields(const RequestRecord& record) {
  const HttpRequest& request = record.request;
  LogFields fields = {
      {"method", request.method},
      {"path", request.path},
      {"status", std::int64_t{record.status}},
      {"duration_ms",
       std::chrono::duration<double, std::milli>(record.duration).count()},
      {"bytes", static_cast<std::int64_t>(record.bytes)},
  };
  const auto add = [&fields](std::string_view name, const std::string& value) {
    if (!value.empty()) fields.push_back({name, value});
  };
  add("peer", request.peer);
  add("query", request.query);
  add("error", record.error);
  add("delivered", record.delivered ? "" : "no");
  for (const auto& [name, value] : request.headers)
    fields.push_back({name, value});
  const auto reader =
      std::dynamic_pointer_cast<const CallerReader>(request.body_reader);
  if (reader != nullptr)
    for (const auto& [name, value] : reader->fields())
      fields.push_back({name, value});
  return fields;
}

}  // namespace containercollector::server
