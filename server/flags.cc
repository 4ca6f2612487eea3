// SPDX-License-Identifier: Apache-2.0

#include "server/flags.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "server/http/socket_address.h"

namespace containercollector::server {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kGigabyte = std::size_t{1} << 30;

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

/// @tparam Duration std::chrono::milliseconds or finer.
template <typename Duration>
void AddDuration(CLI::App& app, const std::string& flag, Duration& value,
                 const std::string& what) {
  const std::map<std::string, std::int64_t> units = {
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
  const CLI::AsNumberWithUnit number(
      units,
      CLI::AsNumberWithUnit::Options(CLI::AsNumberWithUnit::CASE_SENSITIVE |
                                     CLI::AsNumberWithUnit::UNIT_REQUIRED));
  const CLI::Range range(std::int64_t{1}, std::int64_t{24 * 3'600'000});
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(value).count();
  app.add_option_function<std::int64_t>(
         flag,
         [&value](const std::int64_t& count) { value = milliseconds(count); },
         what)
      ->default_str(std::to_string(seconds) + "s")
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

void AddDockerTlsFlags(CLI::App& app, RuntimeOptions& docker) {
  const auto tls = [&docker]() -> TlsOptions& {
    return docker.tls ? *docker.tls : docker.tls.emplace();
  };
  const auto add_file = [&](const std::string& flag,
                            std::string TlsOptions::* file,
                            const std::string& what) {
    app.add_option_function<std::string>(
           flag, [tls, file](const std::string& path) { tls().*file = path; },
           what)
        ->type_name("FILE");
  };
  add_file("--docker-tls-ca", &TlsOptions::ca_file,
           "CA certificates (PEM) that the daemon's certificate must chain "
           "to. Default: $DOCKER_CERT_PATH/ca.pem");
  add_file("--docker-tls-cert", &TlsOptions::cert_file,
           "Certificate (PEM) to present to the daemon. Default: "
           "$DOCKER_CERT_PATH/cert.pem");
  add_file("--docker-tls-key", &TlsOptions::key_file,
           "Private key (PEM) of that certificate. Default: "
           "$DOCKER_CERT_PATH/key.pem");
  app.add_option_function<bool>(
         "--docker-tls-verify",
         [tls](const bool& verify) { tls().verify = verify; },
         "Whether to verify the daemon's certificate: true or false. Default: "
         "true; with DOCKER_CERT_PATH, whether DOCKER_TLS_VERIFY is set")
      ->type_name("BOOL")
      ->transform(Explained(CLI::IsMember({"true", "false"}), "true or false"));
}

void AddRuntimeFlags(CLI::App& app, CollectorOptions& collector) {
  app.option_defaults()->group("Container runtime");
  AddChoice<RuntimeChoice>(
      app, "--runtime", collector.runtime,
      {{"docker", RuntimeChoice::kDocker},
       {"cri", RuntimeChoice::kCri},
       {"auto", RuntimeChoice::kAuto}},
      "docker", "docker, cri or auto",
      ". cri: containerd, CRI-O or another runtime of Kubernetes. auto: for "
      "each collection Docker if its socket exists, else the first CRI socket "
      "that does");
  AddText(app, "--cri-endpoint", collector.cri_endpoint,
          "unix://PATH of the CRI, which has the limits of --docker-timeout, "
          "--docker-connect-timeout and --docker-max-response-bytes. Default: "
          "unix:///run/containerd/containerd.sock; --runtime=auto looks for "
          "CRI-O's unix:///run/crio/crio.sock and cri-dockerd's "
          "unix:///run/cri-dockerd.sock too");
}

void AddDockerFlags(CLI::App& app, Options& options) {
  app.option_defaults()->group("Docker daemon");
  RuntimeOptions& docker = options.collector.docker;
  AddText(app, "--docker-endpoint", docker.docker_endpoint,
          "unix://PATH, tcp://HOST:PORT, http://HOST:PORT or "
          "https://HOST:PORT. Default: $DOCKER_HOST");
  AddText(app, "--docker-api-version", docker.api_version,
          "API version to insist on. Default: $DOCKER_API_VERSION, else 1.40 "
          "or the nearest that the daemon accepts");
  AddDockerTlsFlags(app, docker);
  AddDuration(app, "--docker-timeout", docker.timeout,
              "Time limit for a daemon call");
  AddDuration(app, "--docker-connect-timeout", docker.connect_timeout,
              "Time limit for connecting to the daemon");
  AddNumber<std::size_t>(app, "--docker-max-response-bytes",
                         docker.max_response_bytes, 1, 4 * kGigabyte - 1,
                         "Largest response of the daemon");
  AddDuration(app, "--ready-timeout", options.collector.ready_timeout,
              "Time limit for the daemon call of /readyz");
  AddNumber<std::size_t>(
      app, "--max-daemon-calls", options.max_daemon_calls, 1, 64,
      "Concurrent daemon calls with list options other than the default ones, "
      "which have a call of their own");
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

void AddAnswerLimit(CLI::App& app, AnswerLimits& limits) {
  CLI::Option* const flag = app.add_option_function<std::size_t>(
      "--max-answer-bytes",
      [&limits](const std::size_t& bytes) { limits = {bytes, bytes}; },
      "Largest list of containers to send; a larger one is an error; 0: no "
      "limit. By default an object may have 1500000 bytes; a value limits "
      "both routes. KubeDiag's agent rejects responses over 2097152 bytes, "
      "and etcd stores 1.5 MiB");
  flag->default_str(std::to_string(limits.array_bytes));
  AcceptNumber<std::size_t>(flag, 0, 4 * kGigabyte);
}

void AddLimitFlags(CLI::App& app, Options& options) {
  app.option_defaults()->group("Limits");
  AddAnswerLimit(app, options.answer_limits);
  HttpOptions& http = options.http;
  AddNumber<std::size_t>(app, "--max-waiting", options.max_waiting, 1, 100'000,
                         "Pending requests");
  AddNumber<std::size_t>(app, "--max-connections", http.max_connections, 1,
                         1'000'000, "Connections");
  AddNumber<std::size_t>(app, "--max-connections-per-address",
                         http.max_connections_per_address, 0, 1'000'000,
                         "Connections from one address; 0: no limit");
  AddNumber<std::size_t>(app, "--max-header-bytes", http.max_header_bytes, 1024,
                         kGigabyte, "Size of the headers of a request");
  AddNumber<std::size_t>(app, "--max-body-bytes", http.max_body_bytes, 0,
                         kGigabyte, "Size of the body of a request");
  AddNumber<std::size_t>(app, "--max-in-flight-bytes", http.max_in_flight_bytes,
                         1, 64 * kGigabyte,
                         "Size of the responses that are being sent");
  AddDuration(app, "--idle-timeout", http.idle_timeout,
              "Time limit for a silent connection, rounded up to seconds");
  AddDuration(app, "--request-timeout", http.request_timeout,
              "Time limit for a whole request to arrive");
  AddDuration(app, "--send-timeout", http.send_timeout,
              "Time limit for a client to read a whole response");
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

}  // namespace

void AddFlags(CLI::App& app, Options& options) {
  AddRuntimeFlags(app, options.collector);
  AddDockerFlags(app, options);
  AddServerFlags(app, options);
  AddLimitFlags(app, options);
  AddLogFlags(app, options);
}

}  // namespace containercollector::server
