// SPDX-License-Identifier: Apache-2.0

/// The log, on stderr. No client can forge a line.
#ifndef CONTAINERCOLLECTOR_SERVER_LOG_H_
#define CONTAINERCOLLECTOR_SERVER_LOG_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace containercollector::server {

enum class LogFormat { kLogfmt, kJson };

enum class LogLevel { kDebug, kInfo, kWarning, kError };

struct LogField {
  std::string_view name;  ///< Not escaped: must not come from a client.
  std::variant<std::string, std::int64_t, double> value;
};

using LogFields = std::vector<LogField>;

/// Returns the message and fields of a line. Bytes of values that are not
/// printable ASCII become \n, \t, \r or \xNN; values over 256 bytes are cut.
std::string FormatLogFields(LogFormat format, std::string_view message,
                            const LogFields& fields);

/// Starts the log. Call before Log().
///
/// A thread of its own writes the lines, so that a blocked reader of stderr
/// does not block the server: the oldest lines are dropped then. If stderr is
/// the journal of systemd, each line starts with its priority.
void SetUpLog(LogFormat format, LogLevel level);

/// Writes the remaining lines and ends the thread.
/// @return False if that took longer than `limit`. The thread then still runs:
/// exit with std::_Exit(), because destructors would block on it.
[[nodiscard]] bool ShutDownLog(std::chrono::milliseconds limit);

/// Writes a line. Thread-safe. Does not throw.
void Log(LogLevel level, std::string_view message,
         const LogFields& fields = {}) noexcept;

/// Returns how many lines were dropped because the reader of stderr was slow.
std::uint64_t DroppedLogLines() noexcept;

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_LOG_H_
