// SPDX-License-Identifier: Apache-2.0
#include "lib/src/http/failure.h"

#include <sys/stat.h>

#include <cerrno>

#include "lib/src/json/utf8.h"

namespace containercollector::internal {

std::string NotASocket(const std::string& path) {
  struct stat file{};
  if (stat(path.c_str(), &file) != 0 || S_ISSOCK(file.st_mode)) return {};
  return S_ISDIR(file.st_mode) ? "a directory" : "a file";
}

std::string Shortened(std::string_view text, std::size_t max_bytes) {
  return RepairUtf8(text.substr(0, max_bytes)) +
         (text.size() > max_bytes ? "..." : "");
}

std::string MessageText(std::string_view message) {
  constexpr std::string_view kBlanks = " \t\r\n";
  constexpr std::size_t kMaxBytes = 4096;
  const std::size_t begin = message.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  const std::size_t end = message.find_last_not_of(kBlanks) + 1;
  return Shortened(message.substr(begin, end - begin), kMaxBytes);
}

FailureKind KindOfConnectFailure(int os_error, const Endpoint& endpoint) {
  if (endpoint.socket_path.empty()) return FailureKind::kNotListening;
  if (os_error == EACCES || os_error == EPERM)
    return FailureKind::kPermissionDenied;
  // connect() on a Unix socket fails with EAGAIN instead of blocking when the
  // backlog is full. libcurl may have overwritten it with SO_ERROR, 0.
  if (os_error == EAGAIN || os_error == 0) return FailureKind::kBacklogFull;
  return NotASocket(endpoint.socket_path).empty() ? FailureKind::kNotListening
                                                  : FailureKind::kNotASocket;
}

}  // namespace containercollector::internal
