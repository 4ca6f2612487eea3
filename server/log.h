// SPDX-License-Identifier: Apache-2.0

/// Log lines that no caller can forge.
#ifndef CONTAINERCOLLECTOR_SERVER_LOG_H_
#define CONTAINERCOLLECTOR_SERVER_LOG_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace containercollector::server {

enum class LogFormat { kLogfmt, kJson };

enum class LogLevel { kDebug, kInfo, kWarning, kError };

struct LogField {
  std::string_view name;  ///< Ours, not a caller's: it is not escaped.
  std::variant<std::string, std::int64_t, double> value;
};

using LogFields = std::vector<LogField>;

/// One line's message and fields. Values are in printable ASCII: other bytes
/// are written as \n, \t, \r or \xNN, and what is longer than 256 bytes is cut.
std::string FormatLogFields(LogFormat format, std::string_view message,
                            const LogFields& fields);

/// Sends the log to stderr, from `level` on. To be called before Log().
///
/// A thread of its own writes it, so that a reader of stderr that hangs does
/// not hang the server: lines are dropped then, the oldest first.
void SetUpLog(LogFormat format, LogLevel level);

/// Writes what is left, and ends the thread.
void ShutDownLog();

/// Writes a line. Thread-safe. Does not throw.
void Log(LogLevel level, std::string_view message,
         const LogFields& fields = {}) noexcept;

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_LOG_H_
