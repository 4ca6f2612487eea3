// SPDX-License-Identifier: Apache-2.0

/// Who sent a request, from its body.
#ifndef CONTAINERCOLLECTOR_SERVER_CALLER_FIELDS_H_
#define CONTAINERCOLLECTOR_SERVER_CALLER_FIELDS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/http/http_message.h"

namespace containercollector::server {

/// Finds the fields by which KubeDiag's agents name a diagnosis, in a body that
/// is a JSON object with string values. The agents record no reason for a
/// failure, so the log must show which request was whose.
///
/// Reads the body in pieces, because it can be megabytes and the fields come
/// last. Keeps a few hundred bytes of it. Never fails: what is not such an
/// object just has no fields.
class CallerFields final : public BodyReader {
 public:
  void Read(std::string_view piece) override;

  /// The fields found so far, each at most once, with the values as they stand
  /// in the JSON, escapes included, but cut after 256 bytes.
  const std::vector<std::pair<std::string_view, std::string>>& fields()
      const noexcept {
    return fields_;
  }

 private:
  enum class State {
    kBeforeObject,
    kBeforeKey,
    kKey,
    kBeforeColon,
    kBeforeValue,
    kText,   ///< A string value.
    kOther,  ///< Any other value, until its comma or the end of the object.
    kEnd,    ///< Behind the object, or not such an object.
  };

  void Step(char c);
  void StepOther(char c);
  void EndString();
  /// Whether the next bytes up to a quote or a backslash change nothing.
  bool Skips() const noexcept;

  State state_ = State::kBeforeObject;
  bool escaped_ = false;    ///< The last byte was a backslash in a string.
  bool in_string_ = false;  ///< In kOther: inside a nested string.
  std::size_t depth_ = 0;   ///< In kOther: open brackets.
  std::string text_;        ///< The key or value, cut.
  std::string_view field_;  ///< The field of the value; empty: unknown key.
  std::vector<std::pair<std::string_view, std::string>> fields_;
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_CALLER_FIELDS_H_
