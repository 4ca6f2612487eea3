// SPDX-License-Identifier: Apache-2.0

#include "server/log.h"

#include <spdlog/async.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <future>
#include <memory>
#include <thread>

namespace containercollector::server {
namespace {

constexpr std::size_t kMaxValueBytes = 256;

std::atomic<LogFormat> log_format{LogFormat::kLogfmt};

/// Returns a value in quotes as printable ASCII, without ambiguity: a backslash
/// is doubled.
std::string Quoted(LogFormat format, std::string_view value) {
  // JSON decodes one backslash of each pair.
  const std::string backslash = format == LogFormat::kJson ? "\\\\" : "\\";
  std::string text = "\"";
  for (const char c : value.substr(0, kMaxValueBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n' || c == '\r' || c == '\t') {
      text += backslash + (c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
    } else if (byte < 0x20 || byte > 0x7e) {
      text += backslash + spdlog::fmt_lib::format("x{:02x}", byte);
    } else if (c == '\\') {
      text += backslash + backslash;
    } else {
      if (c == '"') text += '\\';
      text += c;
    }
  }
  return text += value.size() > kMaxValueBytes ? "...\"" : "\"";
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  return static_cast<spdlog::level::level_enum>(static_cast<int>(level) +
                                                SPDLOG_LEVEL_DEBUG);
}

/// Writes the priority that journald reads at the start of a line, e.g. "<4>".
class JournalPriority final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
              spdlog::memory_buf_t& text) override {
    // Those of syslog, by spdlog's level.
    static constexpr std::array kPriorities = {'7', '7', '6', '4',
                                               '3', '2', '6'};
    text.push_back('<');
    text.push_back(kPriorities.at(static_cast<std::size_t>(message.level)));
    text.push_back('>');
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JournalPriority>();
  }
};

/// Whether stderr is the journal, as systemd.exec(5) says to find out.
bool StderrIsJournal() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat file{};
  return stream != nullptr && fstat(STDERR_FILENO, &file) == 0 &&
         std::to_string(file.st_dev) + ":" + std::to_string(file.st_ino) ==
             stream;
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
    if (const auto* text = std::get_if<std::string>(&field.value)) {
      line += Quoted(format, *text);
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
      line += std::to_string(*number);
    } else {
      line += spdlog::fmt_lib::format("{:.3f}", std::get<double>(field.value));
    }
  }
  return line;
}

void SetUpLog(LogFormat format, LogLevel level) {
  // spdlog takes about 400 bytes for each at the start.
  constexpr std::size_t kQueuedLines = 2048;
  spdlog::init_thread_pool(kQueuedLines, 1);
  auto logger = spdlog::create_async_nb<spdlog::sinks::stderr_sink_mt>("log");
  auto formatter = std::make_unique<spdlog::pattern_formatter>(
      spdlog::pattern_time_type::utc);
  const std::string priority = StderrIsJournal() ? "%*" : "";
  formatter->add_flag<JournalPriority>('*').set_pattern(
      priority + (format == LogFormat::kJson
                      ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                      : "time=%Y-%m-%dT%H:%M:%S.%eZ level=%l %v"));
  logger->set_formatter(std::move(formatter));
  logger->set_level(ToSpdlog(level));
  spdlog::set_default_logger(std::move(logger));
  log_format = format;
}

bool ShutDownLog(std::chrono::milliseconds limit) {
  // spdlog waits for its thread, which may wait for the reader of stderr.
  const auto done = std::make_shared<std::promise<void>>();
  std::thread([done] {
    spdlog::shutdown();
    done->set_value();
  }).detach();
  return done->get_future().wait_for(limit) == std::future_status::ready;
}

void Log(LogLevel level, std::string_view message,
         const LogFields& fields) noexcept {
  try {
    spdlog::logger* const logger = spdlog::default_logger_raw();
    const auto spdlog_level = ToSpdlog(level);
    if (logger == nullptr || !logger->should_log(spdlog_level)) return;
    logger->log(spdlog_level, FormatLogFields(log_format, message, fields));
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
    // A server without memory for a log line still serves.
  }
}

std::uint64_t DroppedLogLines() noexcept {
  try {
    const auto threads = spdlog::thread_pool();
    return threads == nullptr ? 0 : threads->overrun_counter();
  } catch (const std::exception&) {
    return 0;  // A mutex of spdlog could not be locked.
  }
}

}  // namespace containercollector::server
