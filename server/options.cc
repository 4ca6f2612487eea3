// SPDX-License-Identifier: Apache-2.0

#include "server/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "containercollector/cri_client.h"
#include "containercollector/docker_client.h"
#include "containercollector/error.h"
#include "containercollector/processor.h"
#include "containercollector/version.h"
#include "server/http/listen_socket.h"

namespace containercollector::server {
namespace {

/// Connections besides those of pending requests: for clients that are idle or
/// still sending, and for probes, which must be served even if as many requests
/// are pending as allowed.
constexpr std::size_t kOtherConnections = 1024;

/// A configuration that cannot be used.
using ConfigurationError = std::runtime_error;

/// How a flag's text becomes a value.
struct Value {
  std::string type;     ///< In the help.
  std::string initial;  ///< The default.
  std::string hint;     ///< What to write instead of a wrong text.
  /// Returns false if the text is wrong.
  std::function<bool(const std::string&)> set;
};

/// Parses the number at the start of a text. Returns what follows it, or
/// nothing if there is no number.
std::optional<std::string> ParseNumber(const std::string& text,
                                       std::uint64_t& number) {
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc()) return std::nullopt;
  return std::string(rest, end);
}

template <typename Number>
Value NumberIn(Number& value, std::uint64_t min, std::uint64_t max) {
  const auto set = [&value, min, max](const std::string& text) {
    std::uint64_t number = 0;
    if (ParseNumber(text, number) != "" || number < min || number > max)
      return false;
    value = static_cast<Number>(number);
    return value == number;
  };
  return {"NUMBER", std::to_string(value),
          "a number from " + std::to_string(min) + " to " + std::to_string(max),
          set};
}

Value Duration(std::chrono::nanoseconds& value) {
  using std::chrono::hours;
  const auto set = [&value](const std::string& text) {
    const std::map<std::string, std::chrono::milliseconds> units = {
        {"ms", std::chrono::milliseconds(1)},
        {"s", std::chrono::seconds(1)},
        {"m", std::chrono::minutes(1)},
        {"h", hours(1)}};
    std::uint64_t count = 0;
    const auto unit = units.find(ParseNumber(text, count).value_or(""));
    if (unit == units.end() || count == 0 ||
        count > static_cast<std::uint64_t>(hours(24) / unit->second))
      return false;
    value = static_cast<std::int64_t>(count) * unit->second;
    return true;
  };
  return {"DURATION", std::to_string(value / std::chrono::seconds(1)) + "s",
          "a whole number and a unit from 1ms to 24h, e.g. 25s, 1500ms or 1m",
          set};
}

Value Text(std::string& value) {
  const auto set = [&value](const std::string& text) {
    value = text;
    return true;
  };
  return {"TEXT", value, "", set};
}

Value Address(std::string& value) {
  const auto set = [&value](const std::string& text) {
    value = text == "localhost" ? "127.0.0.1" : text;
    if (value.size() > 2 && value.front() == '[' && value.back() == ']')
      value = value.substr(1, value.size() - 2);
    return IsIpAddress(value);
  };
  return {"TEXT", value,
          "an IP address of this machine, e.g. 127.0.0.1, 0.0.0.0 or ::1", set};
}

template <typename Choice>
Value OneOf(Choice& value, const std::map<std::string, Choice>& choices,
            const std::string& hint) {
  std::string initial;
  for (const auto& [name, choice] : choices)
    if (choice == value) initial = name;
  const auto set = [&value, choices](const std::string& text) {
    const auto choice = choices.find(text);
    if (choice != choices.end()) value = choice->second;
    return choice != choices.end();
  };
  return {"NAME", initial, hint, set};
}

/// Omits the former names of a flag.
class Formatter final : public CLI::Formatter {
  std::string make_option_name(const CLI::Option* option,
                               bool /*is_positional*/) const override {
    const bool renamed = option->get_lnames().size() > 1;
    return option->get_name(false, /*all_options=*/!renamed);
  }
};

/// Returns the variable of a flag: "CONTAINER_COLLECTOR_PORT" for "port".
std::string VariableOf(const std::string& name) {
  std::string variable = "CONTAINER_COLLECTOR_";
  for (const char c : name)
    variable += c == '-' ? '_' : static_cast<char>(std::toupper(c));
  return variable;
}

/// Returns whether Kubernetes set the variable. If a namespace has a Service
/// named container-collector, each of its pods gets variables such as
/// CONTAINER_COLLECTOR_PORT=tcp://10.0.0.1:8091.
bool IsServiceLink(const std::string& variable, const std::string& value) {
  // No flag has these parts in its name.
  for (const char* part : {"_SERVICE_HOST", "_SERVICE_PORT", "_PORT_"})
    if (variable.find(part) != std::string::npos) return true;
  const bool is_port = variable.size() > 5 &&
                       variable.compare(variable.size() - 5, 5, "_PORT") == 0;
  const std::string protocol = value.substr(0, value.find("://"));
  return is_port && value.size() > protocol.size() &&
         (protocol == "tcp" || protocol == "udp" || protocol == "sctp");
}

/// Returns how many insertions, removals and replacements turn `a` into `b`.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

/// Returns "; did you mean NAME?" if a known name is similar, else nothing.
std::string DidYouMean(const std::string& name,
                       const std::vector<std::string>& known) {
  for (const std::size_t slips : {1U, 2U})
    for (const std::string& each : known)
      if (EditDistance(name, each) <= slips)
        return "; did you mean " + each + "?";
  return "";
}

/// The command line and the environment.
class Sources {
 public:
  explicit Sources(CLI::App& app) : app_(app) {}

  /// Adds a flag.
  /// @param names Separated by commas; only the first is documented.
  /// @param what For the help. Empty: the value's hint.
  CLI::Option* Add(const std::string& names, Value value,
                   const std::string& what = "") {
    CLI::Option* const option = app_.add_option(names);
    option->description(what.empty() ? value.hint : what);
    option->type_name(value.type)->default_str(value.initial);
    option->envname(VariableToRead(*option));
    values_.emplace_back(option, std::move(value));
    return option;
  }

  /// Sets the values of all flags.
  void Parse(int argc, const char* const* argv) {
    arguments_.assign(argv, argv + argc);
    app_.parse(argc, argv);
    for (const std::string& argument : app_.remaining()) {
      const std::string flag = argument.substr(0, argument.find('='));
      if (flag.rfind('-', 0) != 0)
        throw ConfigurationError("unexpected argument \"" + argument + "\"");
      throw ConfigurationError("unknown flag " + flag +
                               DidYouMean(flag, Names("--")));
    }
    for (const auto& [option, value] : values_) {
      for (const std::string& text : option->results()) {
        if (value.set(text)) continue;
        throw ConfigurationError(Of(option->get_name(), "") +
                                 ": invalid value \"" + text + "\": write " +
                                 value.hint);
      }
    }
  }

  /// Returns where a flag got its value: "--port" or
  /// "CONTAINER_COLLECTOR_PORT"; `otherwise` if it has its default.
  std::string Of(const std::string& flag, const std::string& otherwise) const {
    const CLI::Option& option = *app_.get_option(flag);
    for (const std::string& name : option.get_lnames()) {
      std::string prefix = "--" + name;
      for (const std::string& argument : arguments_)
        if (argument.substr(0, argument.find('=')) == prefix) return prefix;
    }
    return option.count() > 0 ? option.get_envname() : otherwise;
  }

  /// Returns a warning for each variable that looks like a flag's but is not.
  std::vector<std::string> Warnings() const {
    std::vector<std::string> known;
    for (const std::string& name : Names("")) known.push_back(VariableOf(name));
    std::vector<std::string> warnings;
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string text = *entry;
      const std::string variable = text.substr(0, text.find('='));
      const std::string value =
          text.substr(std::min(variable.size() + 1, text.size()));
      if (variable.rfind(VariableOf(""), 0) == 0 &&
          !IsServiceLink(variable, value) &&
          std::find(known.begin(), known.end(), variable) == known.end()) {
        warnings.push_back("unknown variable " + variable +
                           DidYouMean(variable, known));
      }
    }
    return warnings;
  }

 private:
  /// Returns the variable to read: that of the first name unless only that of
  /// an older name is set. Empty if Kubernetes set it.
  static std::string VariableToRead(const CLI::Option& option) {
    for (const std::string& name : option.get_lnames()) {
      std::string variable = VariableOf(name);
      const char* const value = std::getenv(variable.c_str());
      if (value == nullptr || *value == '\0') continue;
      return IsServiceLink(variable, value) ? "" : variable;
    }
    return VariableOf(option.get_lnames().front());
  }

  /// Returns the names of all flags, including former ones.
  std::vector<std::string> Names(const std::string& prefix) const {
    std::vector<std::string> names;
    for (const CLI::Option* option : app_.get_options())
      for (const std::string& name : option->get_lnames())
        names.push_back(prefix + name);
    return names;
  }

  CLI::App& app_;
  std::vector<std::pair<CLI::Option*, Value>> values_;
  std::vector<std::string> arguments_;
};

void AddFlags(Sources& sources, CLI::App& app, Options& options) {
  constexpr std::uint64_t kGigabyte = std::uint64_t{1} << 30;
  RuntimeOptions& runtime = options.runtime;
  app.option_defaults()->group("Container runtime");
  sources.Add(
      "--runtime",
      OneOf<RuntimeKind>(runtime.kind,
                         {{"docker", RuntimeKind::kDocker},
                          {"cri", RuntimeKind::kCri},
                          {"auto", RuntimeKind::kAuto}},
                         "docker, cri or auto"),
      "docker, cri or auto. cri: containerd, CRI-O or another runtime "
      "of Kubernetes. auto: the first that lists Kubernetes containers, "
      "else the first that lists any, else the first that responds");
  sources.Add("--docker-endpoint", Text(runtime.docker_endpoint),
              "unix://PATH, tcp://HOST:PORT, http://HOST:PORT or "
              "https://HOST:PORT. Default: $DOCKER_HOST");
  sources.Add("--docker-api-version", Text(runtime.api_version),
              "Docker API version to insist on. Default: $DOCKER_API_VERSION, "
              "else 1.40 or the nearest that the daemon accepts");
  sources.Add("--cri-endpoint", Text(runtime.cri_endpoint),
              "unix://PATH of the CRI. Default: "
              "unix:///run/containerd/containerd.sock; --runtime=auto tries "
              "unix:///run/crio/crio.sock, unix:///run/cri-dockerd.sock and "
              "the sockets of k3s, k0s, MicroK8s and dockershim too");
  sources.Add("--timeout,--docker-timeout", Duration(runtime.timeout),
              "Time limit for a call of the runtime");
  sources.Add("--connect-timeout,--docker-connect-timeout",
              Duration(runtime.connect_timeout),
              "Time limit for connecting to the runtime");
  sources.Add("--max-response-bytes,--docker-max-response-bytes",
              NumberIn(runtime.max_response_bytes, 1,
                       std::numeric_limits<std::uint32_t>::max()),
              "Largest response of the runtime");

  app.option_defaults()->group("Server");
  sources.Add("--bind-address", Address(options.bind_address),
              "IPv4 or IPv6 address to listen on");
  sources.Add("--port", NumberIn(options.port, 0, 65535),
              "Port to listen on; 0 picks a free one");
  sources.Add("--metrics-bind-address", Address(options.metrics_bind_address),
              "Address of a second listener, which has /metrics, /healthz and "
              "/readyz alone; it is off unless this or the port is given");
  sources.Add("--metrics-port", NumberIn(options.metrics_port, 0, 65535),
              "Port of that listener; 0 picks a free one");
  const auto add_host = [&options](const std::string& name) {
    options.http.allowed_hosts.push_back(name);
    return true;
  };
  sources
      .Add("--allowed-host", {"NAME", "", "", add_host},
           "Name to accept in the Host header besides IP addresses and "
           "localhost; repeat it, or separate names by commas")
      ->delimiter(',')
      ->expected(1, -1);
  sources.Add("--tls-cert", Text(options.tls.cert),
              "Certificate of this server (PEM); turns TLS on");
  sources.Add("--tls-key", Text(options.tls.key),
              "Private key of that certificate (PEM)");
  sources.Add("--tls-client-ca", Text(options.tls.client_ca),
              "CA certificates (PEM); clients must present a certificate "
              "signed by one of them");

  app.option_defaults()->group("Limits");
  sources.Add("--max-answer-bytes",
              NumberIn(options.answer_limits.array_bytes, 0, 4 * kGigabyte),
              "Largest list of containers to send; a larger one is an error; "
              "0: no limit. By default an object may have 1500000 bytes; a "
              "value limits both routes. KubeDiag's agent rejects responses "
              "over 2097152 bytes, and etcd stores 1.5 MiB");
  sources.Add("--max-waiting", NumberIn(options.max_waiting, 1, 100'000),
              "Pending requests");
  sources.Add("--max-body-bytes",
              NumberIn(options.http.max_body_bytes, 0, kGigabyte),
              "Size of the body of a request");
  sources.Add("--max-in-flight-bytes",
              NumberIn(options.http.max_in_flight_bytes, 1, 64 * kGigabyte),
              "Size of the responses that are being sent");

  app.option_defaults()->group("Log");
  sources.Add("--log-format", OneOf<LogFormat>(options.log_format,
                                               {{"logfmt", LogFormat::kLogfmt},
                                                {"json", LogFormat::kJson}},
                                               "logfmt or json"));
  sources.Add("--log-level", OneOf<LogLevel>(options.log_level,
                                             {{"debug", LogLevel::kDebug},
                                              {"info", LogLevel::kInfo},
                                              {"warning", LogLevel::kWarning},
                                              {"error", LogLevel::kError}},
                                             "debug, info, warning or error"));
}

/// Rejects what the library would reject, and names the source.
template <typename Runtime>
void CheckRuntime(const RuntimeOptions& options, const std::string& source) {
  try {
    const Runtime runtime(options);
  } catch (const Error& error) {
    throw ConfigurationError(source + ": " + error.what());
  }
}

void CheckTls(const TlsFiles& files, const Sources& sources) {
  const auto fail = [&](const std::string& flag, const std::string& text) {
    throw ConfigurationError(sources.Of(flag, flag) + ": " + text);
  };
  if (files.cert.empty() != files.key.empty()) {
    fail(files.cert.empty() ? "--tls-key" : "--tls-cert",
         "--tls-cert and --tls-key go together: write both or neither");
  }
  if (!files.enabled() && !files.client_ca.empty())
    fail("--tls-client-ca", "it needs --tls-cert and --tls-key");
  if (!files.enabled()) return;
  try {
    const Tls tls(files);
  } catch (const TlsFileError& error) {
    fail(error.file == &TlsFiles::cert  ? "--tls-cert"
         : error.file == &TlsFiles::key ? "--tls-key"
                                        : "--tls-client-ca",
         error.what());
  }
}

/// Derives the options that no flag sets alone, and checks the rest.
void Finish(const CLI::App& app, const Sources& sources, Options& options) {
  if (app.count("--max-answer-bytes") > 0)
    options.answer_limits.object_bytes = options.answer_limits.array_bytes;
  options.has_metrics_listener =
      app.count("--metrics-bind-address") + app.count("--metrics-port") > 0;
  options.http.max_connections = options.max_waiting + kOtherConnections;
  options.warnings = sources.Warnings();
  RuntimeOptions& runtime = options.runtime;
  runtime.api_version_origin =
      sources.Of("--docker-api-version", runtime.api_version_origin);
  RuntimeOptions endpoint;
  endpoint.docker_endpoint = runtime.docker_endpoint;
  CheckRuntime<DockerClient>(endpoint,
                             sources.Of("--docker-endpoint", "DOCKER_HOST"));
  CheckRuntime<DockerClient>(
      runtime, sources.Of("--docker-api-version", "DOCKER_API_VERSION"));
  CheckRuntime<CriClient>(runtime, sources.Of("--cri-endpoint", ""));
  CheckTls(options.tls, sources);
}

}  // namespace

std::variant<Options, ParseExit> ParseOptions(int argc,
                                              const char* const* argv) {
  Options options;
  options.runtime = RuntimeOptions::FromEnvironment();
  options.runtime.max_response_bytes = std::size_t{64} << 20;

  CLI::App app(
      "Serves the containers of this node, as its Docker daemon lists or "
      "would list them, at POST " +
          std::string(Processor::kArrayPath) + ".",
      "container-collector");
  app.formatter(std::make_shared<Formatter>());
  app.allow_extras();
  app.set_version_flag("--version",
                       "container-collector " + std::string(kLibraryVersion),
                       "Print the version and exit");
  bool check_config = false;
  app.add_flag("--check-config", check_config,
               "Check the configuration and exit: 0 if it is valid, else 2");
  Sources sources(app);
  AddFlags(sources, app, options);

  try {
    sources.Parse(argc, argv);
    Finish(app, sources, options);
    if (!check_config) return options;
    if (!options.warnings.empty())
      throw ConfigurationError(options.warnings.front());
    return ParseExit{0, "The configuration is valid.\n"};
  } catch (const CLI::CallForHelp&) {
    return ParseExit{0, app.help()};
  } catch (const CLI::CallForVersion& version) {
    return ParseExit{0, std::string(version.what()) + "\n"};
  } catch (const std::runtime_error& error) {
    // Also CLI::ParseError.
    return ParseExit{2, "container-collector: " + std::string(error.what()) +
                            "\nRun container-collector --help for all "
                            "flags.\n"};
  }
}

}  // namespace containercollector::server
