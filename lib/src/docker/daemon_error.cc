// SPDX-License-Identifier: Apache-2.0

#include "lib/src/docker/daemon_error.h"

#include "lib/src/json/decoder.h"
#include "lib/src/json/fields.h"
#include "lib/src/json/utf8.h"

namespace containercollector::internal {
namespace {

constexpr std::size_t kMaxMessage = 4096;

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace

std::string DaemonMessage(const DaemonResponse& response) {
  std::string message;
  try {
    message = DecodeJson<ErrorResponse>(response.body).message;
  } catch (const Error&) {
    // Daemons before API version 1.24, and whatever stands between, answer with
    // plain text.
  }
  std::string_view text = Trim(message.empty() ? response.body : message);
  const bool cut = text.size() > kMaxMessage;
  text = text.substr(0, kMaxMessage);
  return RepairUtf8(text) + (cut ? "..." : "");
}

Error ToError(const DaemonResponse& response) {
  std::string message = DaemonMessage(response);
  if (message.empty()) {
    message = "status " + std::to_string(response.status) +
              " without a message. Look at the daemon's log.";
  }
  return Error(ErrorCode::kDaemonError,
               "Error response from daemon: " + message, response.status);
}

}  // namespace containercollector::internal
