// SPDX-License-Identifier: Apache-2.0

#include "server/request_log.h"

#include <string>

#include "server/caller_fields.h"

namespace containercollector::server {

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
