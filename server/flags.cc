// SPDX-License-Identifier: Apache-2.0

#include "server/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <map>

#include "server/http/listen_socket.h"

namespace containercollector::server {
namespace {

/// Returns so many bytes, or the largest size of a 32-bit machine.
constexpr std::size_t Gigabytes(std::uint64_t count) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(
      count << 30, std::numeric_limits<std::size_t>::max()));
}

/// Checks and converts as `validator` does, with an error text that says what
/// to write.
CLI::Validator Explained(const CLI::Validator& validator,
                         const std::string& hint) {
  const auto convert = [validator, hint](std::string& value) {
    const std::string given = value;
    std::string error;
    try {
      error = validator(value);
    } catch (const CLI::ValidationError& thrown) {
      error = thrown.what();
    }
    return error.empty() ? std::string()
                         : "invalid value \"" + given + "\": write " + hint;
  };
  return CLI::Validator(convert, "");
}

template <typename Number>
CLI::Option* AcceptNumber(CLI::Option* option, Number min, Number max) {
  return option->type_name("NUMBER")->transform(Explained(
      CLI::Range(min, max),
      "a number from " + std::to_string(min) + " to " + std::to_string(max)));
}

template <typename Number>
CLI::Option* AddNumber(CLI::App& app, const std::string& flag, Number& value,
                       Number min, Number max, const std::string& what) {
  return AcceptNumber(app.add_option(flag, value, what)->capture_default_str(),
                      min, max);
}

void AddDuration(CLI::App& app, const std::string& flag,
                 std::chrono::nanoseconds& value, const std::string& what) {
  using std::chrono::milliseconds;
  const CLI::AsNumberWithUnit number(
      std::map<std::string, std::int64_t>{
          {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}},
      CLI::AsNumberWithUnit::Options(CLI::AsNumberWithUnit::CASE_SENSITIVE |
                                     CLI::AsNumberWithUnit::UNIT_REQUIRED));
  const CLI::Range range(std::int64_t{1}, std::int64_t{24 * 3'600'000});
  app.add_option_function<std::int64_t>(
         flag,
         [&value](const std::int64_t& count) { value = milliseconds(count); },
         what)
      ->default_str(std::to_string(value / std::chrono::seconds(1)) + "s")
      ->type_name("DURATION")
      ->transform(Explained(number & range,
                            "a whole number and a unit from 1ms to 24h, e.g. "
                            "25s, 1500ms or 1m"));
}

CLI::Option* AddText(CLI::App& app, const std::string& flag, std::string& value,
                     const std::string& what) {
  return app.add_option(flag, value, what)
      ->capture_default_str()
      ->type_name("TEXT");
}

template <typename Value>
void AddChoice(CLI::App& app, const std::string& flag, Value& value,
               const std::map<std::string, Value>& choices,
               const std::string& default_name, const std::string& hint,
               const std::string& details = "") {
  // Not CLI::CheckedTransformer, which also takes the numbers behind the names.
  app.add_option_function<std::string>(
         flag,
         [&value, choices](const std::string& name) {
           value = choices.at(name);
         },
         hint + details)
      ->default_str(default_name)
      ->type_name("NAME")
      ->transform(Explained(CLI::IsMember(choices), hint));
}

CLI::Option* AddAddress(CLI::App& app, const std::string& flag,
                        std::string& value, const std::string& what) {
  const auto to_address = [](std::string& text) {
    if (text == "localhost") text = "127.0.0.1";
    if (text.size() > 2 && text.front() == '[' && text.back() == ']')
      text = text.substr(1, text.size() - 2);
    return IsIpAddress(text) ? std::string() : std::string("not an address");
  };
  return AddText(app, flag, value, what)
      ->transform(Explained(CLI::Validator(to_address, ""),
                            "an IP address of this machine, e.g. 127.0.0.1, "
                            "0.0.0.0 or ::1"));
}

void AddRuntimeFlags(CLI::App& app, RuntimeOptions& runtime) {
  app.option_defaults()->group("Container runtime");
  AddChoice<RuntimeKind>(
      app, "--runtime", runtime.kind,
      {{"docker", RuntimeKind::kDocker},
       {"cri", RuntimeKind::kCri},
       {"auto", RuntimeKind::kAuto}},
      "docker", "docker, cri or auto",
      ". cri: containerd, CRI-O or another runtime of Kubernetes. auto: the "
      "first that lists Kubernetes containers, else the first that lists any, "
      "else the first that responds");
  AddText(app, "--docker-endpoint", runtime.docker_endpoint,
          "unix://PATH, tcp://HOST:PORT, http://HOST:PORT or "
          "https://HOST:PORT. Default: $DOCKER_HOST");
  AddText(app, "--docker-api-version", runtime.api_version,
          "Docker API version to insist on. Default: $DOCKER_API_VERSION, else "
          "1.40 or the nearest that the daemon accepts");
  AddText(app, "--cri-endpoint", runtime.cri_endpoint,
          "unix://PATH of the CRI. Default: "
          "unix:///run/containerd/containerd.sock; --runtime=auto tries "
          "unix:///run/crio/crio.sock, unix:///run/cri-dockerd.sock and the "
          "sockets of k3s, k0s, MicroK8s and dockershim too");
  AddDuration(app, "--timeout,--docker-timeout", runtime.timeout,
              "Time limit for a call of the runtime");
  AddDuration(app, "--connect-timeout,--docker-connect-timeout",
              runtime.connect_timeout,
              "Time limit for connecting to the runtime");
  AddNumber<std::size_t>(
      app, "--max-response-bytes,--docker-max-response-bytes",
      runtime.max_response_bytes, 1, std::numeric_limits<std::uint32_t>::max(),
      "Largest response of the runtime");
}

void AddServerFlags(CLI::App& app, Options& options) {
  app.option_defaults()->group("Server");
  AddAddress(app, "--bind-address", options.bind_address,
             "IPv4 or IPv6 address to listen on");
  AddNumber<std::uint16_t>(app, "--port", options.port, 0, 65535,
                           "Port to listen on; 0 picks a free one");
  const auto add_listener = [&options](const std::string&) {
    options.has_metrics_listener = true;
  };
  AddAddress(app, "--metrics-bind-address", options.metrics_bind_address,
             "Address of a second listener, which has /metrics, /healthz and "
             "/readyz alone; it is off unless this or the port is given")
      ->each(add_listener);
  AddNumber<std::uint16_t>(app, "--metrics-port", options.metrics_port, 0,
                           65535, "Port of that listener; 0 picks a free one")
      ->each(add_listener);
  app.add_option("--allowed-host", options.http.allowed_hosts,
                 "Name to accept in the Host header besides IP addresses and "
                 "localhost; repeat it, or separate names by commas")
      ->delimiter(',')
      ->type_name("NAME");
  AddText(app, "--tls-cert", options.tls.cert,
          "Certificate of this server (PEM); turns TLS on");
  AddText(app, "--tls-key", options.tls.key,
          "Private key of that certificate (PEM)");
  AddText(app, "--tls-client-ca", options.tls.client_ca,
          "CA certificates (PEM); clients must present a certificate signed "
          "by one of them");
}

void AddLimitFlags(CLI::App& app, Options& options) {
  app.option_defaults()->group("Limits");
  CLI::Option* const answer = app.add_option_function<std::size_t>(
      "--max-answer-bytes",
      [&options](const std::size_t& bytes) {
        options.answer_limits = {bytes, bytes};
      },
      "Largest list of containers to send; a larger one is an error; 0: no "
      "limit. By default an object may have 1500000 bytes; a value limits "
      "both routes. KubeDiag's agent rejects responses over 2097152 bytes, "
      "and etcd stores 1.5 MiB");
  answer->default_str(std::to_string(options.answer_limits.array_bytes));
  AcceptNumber<std::size_t>(answer, 0, Gigabytes(4));
  AddNumber<std::size_t>(app, "--max-waiting", options.max_waiting, 1, 100'000,
                         "Pending requests");
  AddNumber<std::size_t>(app, "--max-body-bytes", options.http.max_body_bytes,
                         0, Gigabytes(1), "Size of the body of a request");
  AddNumber<std::size_t>(app, "--max-in-flight-bytes",
                         options.http.max_in_flight_bytes, 1, Gigabytes(64),
                         "Size of the responses that are being sent");
}

void AddLogFlags(CLI::App& app, Options& options) {
  app.option_defaults()->group("Log");
  AddChoice<LogFormat>(
      app, "--log-format", options.log_format,
      {{"logfmt", LogFormat::kLogfmt}, {"json", LogFormat::kJson}}, "logfmt",
      "logfmt or json");
  AddChoice<LogLevel>(app, "--log-level", options.log_level,
                      {{"debug", LogLevel::kDebug},
                       {"info", LogLevel::kInfo},
                       {"warning", LogLevel::kWarning},
                       {"error", LogLevel::kError}},
                      "info", "debug, info, warning or error");
}

/// Returns the variable to read: that of the first name unless only that of an
/// older name is set. Empty if Kubernetes set it.
std::string VariableToRead(const CLI::Option& option) {
  for (const std::string& name : option.get_lnames()) {
    std::string variable = VariableOf(name);
    const char* const value = std::getenv(variable.c_str());
    if (value == nullptr || *value == '\0') continue;
    return IsServiceLink(variable, value) ? "" : variable;
  }
  return VariableOf(option.get_lnames().front());
}

}  // namespace

void AddFlags(CLI::App& app, Options& options) {
  AddRuntimeFlags(app, options.runtime);
  AddServerFlags(app, options);
  AddLimitFlags(app, options);
  AddLogFlags(app, options);
  for (CLI::Option* const option : app.get_options())
    if (option->get_configurable()) option->envname(VariableToRead(*option));
}

std::string VariableOf(const std::string& name) {
  std::string variable = "CONTAINER_COLLECTOR_" + name;
  std::transform(variable.begin(), variable.end(), variable.begin(),
                 [](unsigned char c) {
                   return c == '-' ? '_' : static_cast<char>(std::toupper(c));
                 });
  return variable;
}

bool IsServiceLink(std::string_view variable, std::string_view value) {
  // No flag has these parts in its name.
  for (const char* part : {"_SERVICE_HOST", "_SERVICE_PORT", "_PORT_"})
    if (variable.find(part) != std::string_view::npos) return true;
  for (const char* protocol : {"tcp://", "udp://", "sctp://"})
    if (value.rfind(protocol, 0) == 0)
      return variable.size() > 5 &&
             variable.substr(variable.size() - 5) == "_PORT";
  return false;
}

}  // namespace containercollector::server
