// SPDX-License-Identifier: Apache-2.0

#include "server/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <map>
#include <stdexcept>

#include "containercollector/client.h"
#include "containercollector/error.h"
#include "containercollector/processor.h"
#include "containercollector/version.h"
#include "server/duration.h"
#include "server/http/socket_address.h"

namespace containercollector::server {
namespace {

constexpr std::chrono::milliseconds kMinTimeout{1};
constexpr std::chrono::milliseconds kMaxTimeout = std::chrono::hours(24);

/// Connections beyond those of requests that wait, so that /healthz gets one.
constexpr std::size_t kSpareConnections = 64;

/// "--max-waiting" → "CONTAINER_COLLECTOR_MAX_WAITING"
std::string EnvironmentName(const std::string& flag) {
  std::string name = "CONTAINER_COLLECTOR_" + flag.substr(2);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return c == '-' ? '_' : static_cast<char>(std::toupper(c));
  });
  return name;
}

[[noreturn]] void Refuse(const std::string& flag, const std::string& text) {
  throw CLI::ValidationError(flag, text);
}

/// Adds flags, each with its variable in the environment and its default.
class Flags {
 public:
  explicit Flags(CLI::App& app) : app_(app) {}

  CLI::Option& Text(const std::string& flag, std::string& value,
                    const std::string& what) {
    CLI::Option* const option = app_.add_option(flag, value, what);
    if (!value.empty()) option->default_str(value);
    return *option->envname(EnvironmentName(flag))->type_name("TEXT");
  }

  template <typename Number>
  void Count(const std::string& flag, Number& value, Number min, Number max,
             const std::string& what) {
    const auto set = [flag, min, max, &value](const std::string& text) {
      std::uint64_t number = 0;
      const char* const end = text.data() + text.size();
      const auto [rest, error] =
          std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc() || rest != end || number < min || number > max) {
        Refuse(flag, "invalid number \"" + text + "\": write " +
                         std::to_string(min) + " to " + std::to_string(max));
      }
      value = static_cast<Number>(number);
    };
    Function(flag, set, what, "NUMBER", std::to_string(value));
  }

  template <typename Value>
  void Duration(const std::string& flag, Value& value,
                const std::string& what) {
    const auto set = [flag, &value](const std::string& text) {
      const auto duration = ParseDuration(text);
      if (!duration || *duration < kMinTimeout || *duration > kMaxTimeout) {
        Refuse(flag, "invalid duration \"" + text +
                         "\": write a number and a unit, 1ms to 24h, e.g. "
                         "25s, 1500ms or 1m");
      }
      value = *duration;
    };
    Function(flag, set, what, "DURATION",
             ToText(std::chrono::ceil<std::chrono::milliseconds>(value)));
  }

  template <typename Value>
  void Choice(const std::string& flag, Value& value,
              const std::map<std::string, Value>& choices,
              const std::string& default_name, const std::string& what) {
    const auto set = [flag, &value, choices](const std::string& text) {
      const auto choice = choices.find(text);
      if (choice == choices.end()) {
        std::string names;
        for (const auto& [name, unused] : choices)
          names += (names.empty() ? "" : ", ") + name;
        Refuse(flag, "unknown value \"" + text + "\": write one of " + names);
      }
      value = choice->second;
    };
    Function(flag, set, what, "NAME", default_name);
  }

 private:
  void Function(const std::string& flag,
                const std::function<void(const std::string&)>& set,
                const std::string& what, const std::string& type,
                const std::string& default_text) {
    app_.add_option_function<std::string>(flag, set, what)
        ->type_name(type)
        ->default_str(default_text)
        ->envname(EnvironmentName(flag));
  }

  CLI::App& app_;
};

void AddFlags(CLI::App& app, Options& options) {
  Flags flags(app);
  constexpr std::size_t kGigabyte = std::size_t{1} << 30;

  app.option_defaults()->group("Docker daemon");
  flags.Text("--docker-endpoint", options.collector.docker.endpoint,
             "Where it listens: unix://PATH, tcp://HOST:PORT, http://HOST:PORT "
             "or https://HOST:PORT. Where nobody says, DOCKER_HOST");
  flags.Duration("--docker-timeout", options.collector.docker.timeout,
                 "How long it may take for an answer");
  flags.Duration("--ready-timeout", options.collector.ready_timeout,
                 "How long it may take for the ping of /readyz");
  flags.Count<std::size_t>("--max-daemon-calls", options.max_daemon_calls, 1,
                           64, "Calls with different list options at a time");
  flags.Count<std::size_t>(
      "--max-answer-bytes", options.collector.max_answer_bytes, 0,
      std::size_t{4} * kGigabyte,
      "Larger answers become an error; 0: no limit. KubeDiag's agent drops "
      "answers over 2097152");

  app.option_defaults()->group("Server");
  flags
      .Text("--bind-address", options.bind_address,
            "IPv4 or IPv6 address to listen on")
      .check([](const std::string& address) {
        return IsIpAddress(address) ? std::string()
                                    : "\"" + address +
                                          "\" is no IP address: write e.g. "
                                          "127.0.0.1, 0.0.0.0 or ::1";
      });
  flags.Count<std::uint16_t>("--port", options.port, 0, 65535,
                             "Port to listen on; 0 picks a free one");
  flags.Text("--tls-cert", options.tls.cert,
             "Certificate of this server, in PEM: turns TLS on");
  flags.Text("--tls-key", options.tls.key, "Key of that certificate, in PEM");
  flags.Text("--tls-client-ca", options.tls.client_ca,
             "Authorities, in PEM, one of which must vouch for every client");

  app.option_defaults()->group("Limits");
  flags.Count<std::size_t>("--max-waiting", options.max_waiting, 1, 100'000,
                           "Requests that wait for the Docker daemon");
  flags.Count<std::size_t>("--max-connections", options.http.max_connections, 1,
                           1'000'000, "Connections at a time");
  flags.Count<std::size_t>(
      "--max-connections-per-address", options.http.max_connections_per_address,
      0, 1'000'000, "Connections at a time from one address; 0: no limit");
  flags.Count<std::size_t>("--max-header-bytes", options.http.max_header_bytes,
                           1024, kGigabyte, "Size of a request's headers");
  flags.Count<std::size_t>("--max-body-bytes", options.http.max_body_bytes, 0,
                           kGigabyte, "Size of a request's body");
  flags.Duration("--idle-timeout", options.http.idle_timeout,
                 "How long a connection may be silent, in whole seconds");
  flags.Duration("--request-timeout", options.http.request_timeout,
                 "How long a whole request may take to arrive");
  flags.Duration("--send-timeout", options.http.send_timeout,
                 "How long a client may take to read a whole answer");

  app.option_defaults()->group("Log");
  flags.Choice<LogFormat>(
      "--log-format", options.log_format,
      {{"logfmt", LogFormat::kLogfmt}, {"json", LogFormat::kJson}}, "logfmt",
      "logfmt or json");
  flags.Choice<LogLevel>("--log-level", options.log_level,
                         {{"debug", LogLevel::kDebug},
                          {"info", LogLevel::kInfo},
                          {"warning", LogLevel::kWarning},
                          {"error", LogLevel::kError}},
                         "info", "debug, info, warning or error");
}

/// Refuses what the library would refuse, and names the flag.
void CheckDockerOptions(const ClientOptions& docker) {
  ClientOptions only_host;
  only_host.endpoint = docker.endpoint;
  try {
    const Client client(only_host);
  } catch (const Error& error) {
    Refuse("--docker-endpoint", error.what());
  }
  try {
    const Client client(docker);
  } catch (const Error& error) {
    Refuse("DOCKER_API_VERSION, DOCKER_CERT_PATH", error.what());
  }
}

void CheckTls(const TlsFiles& files) {
  if (files.cert.empty() != files.key.empty())
    Refuse("--tls-cert, --tls-key", "they go together: write both or neither");
  if (!files.enabled() && !files.client_ca.empty())
    Refuse("--tls-client-ca", "it needs --tls-cert and --tls-key");
  if (!files.enabled()) return;
  try {
    const Tls tls(files);
  } catch (const std::runtime_error& error) {
    Refuse("--tls-cert, --tls-key, --tls-client-ca", error.what());
  }
}

void CheckLimits(const Options& options) {
  const std::size_t needed =
      options.max_waiting + kMaxReadyWaiting + kSpareConnections;
  if (options.http.max_connections < needed) {
    Refuse("--max-connections",
           std::to_string(options.http.max_connections) + " is too few for " +
               std::to_string(options.max_waiting) +
               " waiting requests: write at least " + std::to_string(needed) +
               ", or less for --max-waiting");
  }
}

ParseExit WrongUse(const std::string& text) {
  return {2, "container-collector: " + text +
                 "\nRun container-collector --help for all flags.\n"};
}

}  // namespace

std::variant<Options, ParseExit> ParseOptions(int argc,
                                              const char* const* argv) {
  Options options;
  options.collector.docker = ClientOptions::FromEnvironment();

  CLI::App app(
      "Answers POST " + std::string(Processor::kArrayPath) +
          " with the containers of this node, as its Docker daemon lists them.",
      "container-collector");
  app.set_version_flag("--version",
                       "container-collector " + std::string(kLibraryVersion),
                       "Print the version and exit");
  // CLI11 would not look for this flag's variable.
  const char* const config = std::getenv("CONTAINER_COLLECTOR_CONFIG");
  app.set_config("--config", config == nullptr ? "" : config,
                 "File with the other flags, one as port=8091 in each line "
                 "(Env:CONTAINER_COLLECTOR_CONFIG)",
                 config != nullptr)
      ->type_name("FILE");
  app.allow_config_extras(CLI::config_extras_mode::error);
  AddFlags(app, options);

  try {
    app.parse(argc, argv);
    CheckDockerOptions(options.collector.docker);
    CheckTls(options.tls);
    CheckLimits(options);
    return options;
  } catch (const CLI::CallForHelp&) {
    return ParseExit{0, app.help()};
  } catch (const CLI::CallForVersion& version) {
    return ParseExit{0, std::string(version.what()) + "\n"};
  } catch (const CLI::FileError& error) {
    return WrongUse(std::string("--config: ") + error.what());
  } catch (const CLI::ConfigError& error) {
    return WrongUse(std::string("--config: ") + error.what());
  } catch (const CLI::ParseError& error) {
    return WrongUse(error.what());
  }
}

}  // namespace containercollector::server
