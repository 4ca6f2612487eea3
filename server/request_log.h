// SPDX-License-Identifier: Apache-2.0

/// The log line of each request.
#ifndef CONTAINERCOLLECTOR_SERVER_REQUEST_LOG_H_
#define CONTAINERCOLLECTOR_SERVER_REQUEST_LOG_H_

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/http/http_handler.h"
#include "server/log.h"

namespace containercollector::server {

/// Headers in which KubeDiag's agent names the diagnosis and the pod that a
/// request is for.
inline constexpr std::array<std::string_view, 7> kTraceHeaders = {
    "diagnosis-uuid", "diagnosis-namespace", "diagnosis-name", "pod-namespace",
    "pod-name",       "pod-container-name",  "node-name"};

/// Finds the fields by which KubeDiag's agents name a diagnosis in a request's
/// body, a JSON object with string values. The agents record no reason for a
/// failure, so the log must show which request was whose.
///
/// Reads the body in pieces, because it can be megabytes and the fields are at
/// its end. Keeps a few hundred bytes of it. Never fails: any other body has no
/// fields.
class CallerFields final : public BodyReader {
 public:
  void Read(std::string_view piece) override;

  /// Returns the fields found so far, each at most once. Values keep their
  /// escapes, and are cut after 256 bytes.
  const std::vector<std::pair<std::string_view, std::string>>& fields()
      const noexcept {
    return fields_;
  }

 private:
  void ReadInString(char c);
  void EndString();

  bool started_ = false;
  bool ended_ = false;  ///< After the object, or the body is not one.
  std::size_t depth_ = 0;
  bool is_value_ = false;  ///< Behind a colon of the object itself.
  bool in_string_ = false;
  bool escaped_ = false;    ///< The last byte was a backslash in a string.
  std::string text_;        ///< The key or value, cut.
  std::string_view field_;  ///< The last key; empty: an unknown one.
  std::vector<std::pair<std::string_view, std::string>> fields_;
};

LogFields RequestLogFields(const RequestRecord& record);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_REQUEST_LOG_H_
