// SPDX-License-Identifier: Apache-2.0

/// The configuration: command line and environment.
#ifndef CONTAINERCOLLECTOR_SERVER_OPTIONS_H_
#define CONTAINERCOLLECTOR_SERVER_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "containercollector/runtime_options.h"
#include "server/http/http_server.h"
#include "server/http/tls.h"
#include "server/log.h"
#include "server/routes.h"

namespace containercollector::server {

/// All flags with their defaults.
struct Options {
  RuntimeOptions runtime;
  std::size_t max_waiting = 1024;
  AnswerLimits answer_limits;

  std::string bind_address = "127.0.0.1";
  std::uint16_t port = 8091;
  std::string metrics_bind_address = "127.0.0.1";
  std::uint16_t metrics_port = 8092;
  bool has_metrics_listener = false;
  HttpOptions http;
  TlsFiles tls;

  LogFormat log_format = LogFormat::kLogfmt;
  LogLevel log_level = LogLevel::kInfo;

  /// One text for each variable that looks like a flag's but is not.
  std::vector<std::string> warnings;
};

/// Why there is nothing to serve: the exit code, and the text to print, on
/// stdout if the code is 0, else on stderr.
struct ParseExit {
  int code = 0;
  std::string text;
};

/// Returns the configuration. The command line takes precedence over the
/// environment.
[[nodiscard]] std::variant<Options, ParseExit> ParseOptions(
    int argc, const char* const* argv);

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_OPTIONS_H_
