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
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "containercollector/cri_client.h"
#include "containercollector/docker_client.h"
#include "containercollector/error.h"
#include "containercollector/processor.h"
#include "containercollector/version.h"
#include "server/http/listen_socket.h"

namespace containercollector::server {
namespace {

/// Connections besides those of pending requests: for clients that are idle or
/// still sending, and for probes, which must be served under any load.
constexpr std::size_t kOtherConnections = 1024;

/// How a flag's text becomes a value.
struct Value {
  std::string type;     ///< In the help.
  std::string initial;  ///< The default.
  std::string hint;     ///< What to write instead of a wrong text.
  /// Returns false if the text is wrong.
  std::function<bool(const std::string&)> set;
};

/// Parses a number and its unit. Returns nothing unless together they are from
/// `min` to `max`.
/// @param units How many of the smallest unit each stands for.
std::optional<std::uint64_t> ParseNumber(
    const std::string& text, const std::map<std::string, std::uint64_t>& units,
    std::uint64_t min, std::uint64_t max) {
  const char* const end = text.data() + text.size();
  std::uint64_t count = 0;
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  const auto unit = units.find(std::string(rest, end));
  if (error != std::errc() || unit == units.end() ||
      count > max / unit->second || count * unit->second < min)
    return std::nullopt;
  return count * unit->second;
}

template <typename Number>
Value NumberIn(Number& value, std::uint64_t min, std::uint64_t max) {
  const auto set = [&value, min, max](const std::string& text) {
    const auto number = ParseNumber(text, {{"", 1}}, min, max);
    value = static_cast<Number>(number.value_or(0));
    return number == value;
  };
  return {"NUMBER", std::to_string(value),
          "a number from " + std::to_string(min) + " to " + std::to_string(max),
          set};
}

Value Duration(std::chrono::nanoseconds& value) {
  const auto set = [&value](const std::string& text) {
    constexpr std::uint64_t kHour = 3'600'000;
    const auto milliseconds =
        ParseNumber(text, {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", kHour}},
                    1, 24 * kHour);
    value = std::chrono::milliseconds(milliseconds.value_or(0));
    return milliseconds.has_value();
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

/// @param hint The names of all choices in the order of the enum, which begins
/// at 0: "docker, cri or auto".
template <typename Choice>
Value OneOf(Choice& value, const std::string& hint) {
  std::vector<std::string> names;
  std::istringstream words(hint);
  for (std::string word; words >> word;)
    if (word != "or") names.push_back(word.substr(0, word.find(',')));
  const auto set = [&value, names](const std::string& text) {
    const auto name = std::find(names.begin(), names.end(), text);
    value = static_cast<Choice>(name - names.begin());
    return name != names.end();
  };
  return {"NAME", names[static_cast<std::size_t>(value)], hint, set};
}

/// Omits the former names of a flag.
class Formatter final : public CLI::Formatter {
  std::string make_option_name(const CLI::Option* option,
                               bool /*is_positional*/) const override {
    return option->get_name(false,
                            /*all_options=*/option->get_lnames().size() == 1);
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
/// @param entry Of the environment: the variable, "=" and its value.
bool IsServiceLink(const std::string& entry) {
  // No flag has the first three in its name.
  for (const char* part : {"_SERVICE_HOST", "_SERVICE_PORT", "_PORT_",
                           "_PORT=tcp://", "_PORT=udp://", "_PORT=sctp://"})
    if (entry.find(part) < entry.find('=')) return true;
  return false;
}

/// Returns whether at most `slips` insertions, removals and replacements turn
/// `a` into `b`.
bool IsSimilar(std::string_view a, std::string_view b, std::size_t slips) {
  if (a.empty() || b.empty()) return a.size() + b.size() <= slips;
  if (a.front() == b.front()) return IsSimilar(a.substr(1), b.substr(1), slips);
  return slips > 0 && (IsSimilar(a.substr(1), b.substr(1), slips - 1) ||
                       IsSimilar(a.substr(1), b, slips - 1) ||
                       IsSimilar(a, b.substr(1), slips - 1));
}

/// The flags and their variables.
class Flags final : public CLI::App {
 public:
  using CLI::App::App;

  /// Adds a flag.
  /// @param names Separated by commas; only the first is documented.
  /// @param what For the help. Empty: the value's hint.
  CLI::Option* Add(const std::string& names, Value value,
                   const std::string& what = "") {
    CLI::Option* const option = add_option(names);
    option->description(what.empty() ? value.hint : what);
    option->type_name(value.type)->default_str(value.initial);
    option->envname(VariableToRead(*option));
    values_.emplace_back(option, std::move(value));
    return option;
  }

  /// Sets the values of all flags.
  void Parse(int argc, const char* const* argv) {
    arguments_.assign(argv, argv + argc);
    parse(argc, argv);
    for (const std::string& argument : remaining()) {
      const std::string flag = argument.substr(0, argument.find('='));
      if (flag.rfind('-', 0) != 0)
        throw std::runtime_error("unexpected argument \"" + argument + "\"");
      throw std::runtime_error(Unknown("flag", flag));
    }
    for (const auto& [option, value] : values_) {
      for (const std::string& text : option->results()) {
        if (value.set(text)) continue;
        throw std::runtime_error(SourceOf(option->get_name(), "") +
                                 ": invalid value \"" + text + "\": write " +
                                 value.hint);
      }
    }
  }

  /// Returns where a flag got its value: "--port" or
  /// "CONTAINER_COLLECTOR_PORT"; `otherwise` if it has its default.
  std::string SourceOf(const std::string& flag,
                       const std::string& otherwise) const {
    const CLI::Option& option = *get_option(flag);
    for (const std::string& name : option.get_lnames())
      for (const std::string& argument : arguments_)
        if ((argument + '=').rfind("--" + name + '=', 0) == 0)
          return "--" + name;
    return option.count() > 0 ? option.get_envname() : otherwise;
  }

  /// Returns a warning for each variable that looks like a flag's but is not.
  std::vector<std::string> Warnings() const {
    const std::vector<std::string> known = Names();
    std::vector<std::string> warnings;
    for (char** next = environ; *next != nullptr; ++next) {
      const std::string entry = *next;
      const std::string variable = entry.substr(0, entry.find('='));
      if (entry.rfind(VariableOf(""), 0) == 0 && !IsServiceLink(entry) &&
          std::find(known.begin(), known.end(), variable) == known.end())
        warnings.push_back(Unknown("variable", variable));
    }
    return warnings;
  }

 private:
  /// Returns the variable to read: that of the first name unless only that of
  /// an older name is set. Empty if Kubernetes set it.
  static std::string VariableToRead(const CLI::Option& option) {
    for (const std::string& name : option.get_lnames()) {
      const std::string variable = VariableOf(name);
      const char* const value = std::getenv(variable.c_str());
      if (value != nullptr && *value != '\0')
        return IsServiceLink(variable + '=' + value) ? "" : variable;
    }
    return VariableOf(option.get_lnames().front());
  }

  /// Returns all flags and variables, including former ones.
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const CLI::Option* option : get_options()) {
      for (const std::string& name : option->get_lnames())
        names.insert(names.end(), {"--" + name, VariableOf(name)});
    }
    return names;
  }

  /// Returns a text that names the most similar flag or variable, if any.
  std::string Unknown(const std::string& kind, const std::string& wrong) const {
    std::string text = "unknown " + kind + " " + wrong;
    for (const std::size_t slips : {1U, 2U})
      for (const std::string& name : Names())
        if (IsSimilar(wrong, name, slips))
          return text + "; did you mean " + name + "?";
    return text;
  }

  std::vector<std::pair<CLI::Option*, Value>> values_;
  std::vector<std::string> arguments_;
};

void AddFlags(Flags& flags, Options& options) {
  constexpr std::uint64_t kGigabyte = std::uint64_t{1} << 30;
  RuntimeOptions& runtime = options.runtime;
  HttpOptions& http = options.http;
  TlsFiles& tls = options.tls;
  flags.option_defaults()->group("Container runtime");
  flags.Add("--runtime", OneOf(runtime.kind, "docker, cri or auto"),
            "docker, cri or auto. cri: containerd, CRI-O or another runtime "
            "of Kubernetes. auto: the first that lists Kubernetes containers, "
            "else the first that lists any, else the first that responds");
  flags.Add("--docker-endpoint", Text(runtime.docker_endpoint),
            "unix://PATH, tcp://HOST:PORT, http://HOST:PORT or "
            "https://HOST:PORT. Default: $DOCKER_HOST");
  flags.Add("--docker-api-version", Text(runtime.api_version),
            "Docker API version to insist on. Default: $DOCKER_API_VERSION, "
            "else 1.40 or the nearest that the daemon accepts");
  flags.Add("--cri-endpoint", Text(runtime.cri_endpoint),
            "unix://PATH of the CRI. Default: "
            "unix:///run/containerd/containerd.sock; --runtime=auto tries "
            "unix:///run/crio/crio.sock, unix:///run/cri-dockerd.sock and "
            "the sockets of k3s, k0s, MicroK8s and dockershim too");
  flags.Add("--timeout,--docker-timeout", Duration(runtime.timeout),
            "Time limit for a call of the runtime");
  flags.Add("--connect-timeout,--docker-connect-timeout",
            Duration(runtime.connect_timeout),
            "Time limit for connecting to the runtime");
  flags.Add("--max-response-bytes,--docker-max-response-bytes",
            NumberIn(runtime.max_response_bytes, 1, 4 * kGigabyte - 1),
            "Largest response of the runtime");

  flags.option_defaults()->group("Server");
  flags.Add("--bind-address", Address(options.bind_address),
            "IPv4 or IPv6 address to listen on");
  flags.Add("--port", NumberIn(options.port, 0, 65535),
            "Port to listen on; 0 picks a free one");
  flags.Add("--metrics-bind-address", Address(options.metrics_bind_address),
            "Address of a second listener, which has /metrics, /healthz and "
            "/readyz alone; it is off unless this or the port is given");
  flags.Add("--metrics-port", NumberIn(options.metrics_port, 0, 65535),
            "Port of that listener; 0 picks a free one");
  const auto allow_host = [&http](const std::string& name) {
    http.allowed_hosts.push_back(name);
    return true;
  };
  flags
      .Add("--allowed-host", {"NAME", "", "", allow_host},
           "Name to accept in the Host header besides IP addresses and "
           "localhost; repeat it, or separate names by commas")
      ->delimiter(',')
      ->expected(1, -1);
  flags.Add("--tls-cert", Text(tls.cert),
            "Certificate of this server (PEM); turns TLS on");
  flags.Add("--tls-key", Text(tls.key),
            "Private key of that certificate (PEM)");
  flags.Add("--tls-client-ca", Text(tls.client_ca),
            "CA certificates (PEM); clients must present a certificate "
            "signed by one of them");

  flags.option_defaults()->group("Limits");
  flags.Add("--max-answer-bytes",
            NumberIn(options.answer_limits.array_bytes, 0, 4 * kGigabyte),
            "Largest list of containers to send; a larger one is an error; "
            "0: no limit. By default an object may have 1500000 bytes; a "
            "value limits both routes. KubeDiag's agent rejects responses "
            "over 2097152 bytes, and etcd stores 1.5 MiB");
  flags.Add("--max-waiting", NumberIn(options.max_waiting, 1, 100'000),
            "Pending requests");
  flags.Add("--max-body-bytes", NumberIn(http.max_body_bytes, 0, kGigabyte),
            "Size of the body of a request");
  flags.Add("--max-in-flight-bytes",
            NumberIn(http.max_in_flight_bytes, 1, 64 * kGigabyte),
            "Size of the responses that are being sent");

  flags.option_defaults()->group("Log");
  flags.Add("--log-format", OneOf(options.log_format, "logfmt or json"));
  flags.Add("--log-level",
            OneOf(options.log_level, "debug, info, warning or error"));
}

/// Rejects what the library would reject, and names the source.
template <typename Runtime>
void CheckRuntime(const RuntimeOptions& options, const std::string& source) {
  try {
    const Runtime runtime(options);
  } catch (const Error& error) {
    throw std::runtime_error(source + ": " + error.what());
  }
}

void CheckTls(const TlsFiles& files, const Flags& flags) {
  try {
    if (files.cert.empty() != files.key.empty()) {
      throw TlsFileError(
          files.cert.empty() ? &TlsFiles::key : &TlsFiles::cert,
          "--tls-cert and --tls-key go together: write both or neither");
    }
    if (!files.enabled() && !files.client_ca.empty()) {
      throw TlsFileError(&TlsFiles::client_ca,
                         "it needs --tls-cert and --tls-key");
    }
    if (files.enabled()) const Tls tls(files);
  } catch (const TlsFileError& error) {
    const char* const flag = error.file == &TlsFiles::cert  ? "--tls-cert"
                             : error.file == &TlsFiles::key ? "--tls-key"
                                                            : "--tls-client-ca";
    throw std::runtime_error(flags.SourceOf(flag, flag) + ": " + error.what());
  }
}

/// Derives the options that no flag sets alone, and checks the rest.
void Finish(const Flags& flags, Options& options) {
  if (flags.count("--max-answer-bytes") > 0)
    options.answer_limits.object_bytes = options.answer_limits.array_bytes;
  options.has_metrics_listener =
      flags.count("--metrics-bind-address") + flags.count("--metrics-port") > 0;
  options.http.max_connections = options.max_waiting + kOtherConnections;
  options.warnings = flags.Warnings();
  RuntimeOptions& runtime = options.runtime;
  runtime.api_version_origin =
      flags.SourceOf("--docker-api-version", runtime.api_version_origin);
  RuntimeOptions endpoint;
  endpoint.docker_endpoint = runtime.docker_endpoint;
  CheckRuntime<DockerClient>(
      endpoint, flags.SourceOf("--docker-endpoint", "DOCKER_HOST"));
  CheckRuntime<DockerClient>(runtime, runtime.api_version_origin);
  CheckRuntime<CriClient>(runtime, flags.SourceOf("--cri-endpoint", ""));
  CheckTls(options.tls, flags);
}

}  // namespace

std::variant<Options, ParseExit> ParseOptions(int argc,
                                              const char* const* argv) {
  Options options;
  options.runtime = RuntimeOptions::FromEnvironment();
  options.runtime.max_response_bytes = std::size_t{64} << 20;

  Flags flags(
      "Serves the containers of this node, as its Docker daemon lists or "
      "would list them, at POST " +
          std::string(Processor::kArrayPath) + ".",
      "container-collector");
  flags.formatter(std::make_shared<Formatter>());
  flags.allow_extras();
  flags.set_version_flag("--version",
                         "container-collector " + std::string(kLibraryVersion),
                         "Print the version and exit");
  bool check_config = false;
  flags.add_flag("--check-config", check_config,
                 "Check the configuration and exit: 0 if it is valid, else 2");
  AddFlags(flags, options);

  try {
    flags.Parse(argc, argv);
    Finish(flags, options);
    if (!check_config) return options;
    if (!options.warnings.empty())
      throw std::runtime_error(options.warnings.front());
    return ParseExit{0, "The configuration is valid.\n"};
  } catch (const CLI::CallForHelp&) {
    return ParseExit{0, flags.help()};
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
