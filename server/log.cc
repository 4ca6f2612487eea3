// SPDX-License-Identifier: Apache-2.0

#include "server/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <exception>

namespace containercollector::server {
namespace {

constexpr std::size_t kMaxValueBytes = 256;

std::atomic<LogFormat> log_format{LogFormat::kLogfmt};

/// Printable ASCII, without ambiguity: a backslash is doubled.
std::string Printable(std::string_view value) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : value.substr(0, kMaxValueBytes)) {
    if (c == '\\') {
      text += "\\\\";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\r') {
      text += "\\r";
    } else if (c == '\t') {
      text += "\\t";
    } else if (const auto byte = static_cast<unsigned char>(c);
               byte < 0x20 || byte > 0x7e) {
      text += "\\x";
      text += kDigits[byte >> 4U];
      text += kDigits[byte & 0xfU];
    } else {
      text += c;
    }
  }
  if (value.size() > kMaxValueBytes) text += "...";
  return text;
}

std::string Quoted(LogFormat format, std::string_view value) {
  std::string text = "\"";
  for (const char c : Printable(value)) {
    if (c == '"' || (c == '\\' && format == LogFormat::kJson)) text += '\\';
    text += c;
  }
  return text += '"';
}

std::string ToText(double value) {
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.3f", value);
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string FormatValue(LogFormat format, const LogField& field) {
  if (const auto* text = std::get_if<std::string>(&field.value))
    return Quoted(format, *text);
  if (const auto* number = std::get_if<std::int64_t>(&field.value))
    return std::to_string(*number);
  return ToText(std::get<double>(field.value));
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

std::string FormatLogFields(LogFormat format, std::string_view message,
                            const LogFields& fields) {
  const bool json = format == LogFormat::kJson;
  std::string line = json ? "\"msg\":" : "msg=";
  line += Quoted(format, message);
  for (const LogField& field : fields) {
    line += json ? ",\"" : " ";
    line += field.name;
    line += json ? "\":" : "=";
    line += FormatValue(format, field);
  }
  return line;
}

void SetUpLog(LogFormat format, LogLevel level) {
  constexpr std::size_t kQueuedLines = 8192;
  spdlog::init_thread_pool(kQueuedLines, 1);
  auto logger = spdlog::create_async_nb<spdlog::sinks::stderr_sink_mt>("log");
  logger->set_pattern(
      format == LogFormat::kJson
          ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
          : "time=%Y-%m-%dT%H:%M:%S.%eZ level=%l %v",
      spdlog::pattern_time_type::utc);
  logger->set_level(ToSpdlog(level));
  spdlog::set_default_logger(std::move(logger));
  log_format = format;
}

void ShutDownLog() { spdlog::shutdown(); }

void Log(LogLevel level, std::string_view message,
         const LogFields& fields) noexcept {
  try {
    spdlog::logger* const logger = spdlog::default_logger_raw();
    const auto spdlog_level = ToSpdlog(level);
    if (logger == nullptr || !logger->should_log(spdlog_level)) return;
    logger->log(spdlog_level, FormatLogFields(log_format, message, fields));
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    // A server without memory for a log line still answers.
  }
}

}  // namespace containercollector::server
