// SPDX-License-Identifier: Apache-2.0

#include "server/options.h"

#include <algorithm>
#include <cctype>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/program.h"

using namespace containercollector;
using namespace containercollector::server;
using containercollector::test::ScopedEnvironment;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

using Arguments = std::vector<const char*>;
using Texts = std::vector<std::string>;

std::variant<Options, ParseExit> Parse(Arguments arguments) {
  arguments.insert(arguments.begin(), "container-collector");
  return ParseOptions(static_cast<int>(arguments.size()), arguments.data());
}

Options Parsed(const Arguments& arguments) {
  auto parsed = Parse(arguments);
  if (const auto* exit = std::get_if<ParseExit>(&parsed)) FAIL(exit->text);
  return std::get<Options>(std::move(parsed));
}

/// Returns what is printed if there is nothing to serve.
std::string Printed(const Arguments& arguments, int code = 0) {
  const auto exit = std::get<ParseExit>(Parse(arguments));
  CHECK(exit.code == code);
  return exit.text;
}

void CheckRejected(const Arguments& arguments, const std::string& text) {
  CHECK(Printed(arguments, 2) ==
        "container-collector: " + text +
            "\nRun container-collector --help for all flags.\n");
}

const std::string kDurationHint =
    "\": write a whole number and a unit from 1ms to 24h, e.g. 25s, 1500ms or "
    "1m";

}  // namespace

TEST_CASE("Without flags, the defaults are those of the manual") {
  const Options options = Parsed({});
  CHECK_FALSE(options.has_metrics_listener);
  CHECK(options.runtime.kind == RuntimeKind::kDocker);
  CHECK(options.runtime.cri_endpoint.empty());
  CHECK(options.runtime.docker_endpoint == "unix:///var/run/docker.sock");
  CHECK(options.runtime.timeout == seconds(25));
  CHECK(options.runtime.connect_timeout == seconds(5));
  CHECK(options.runtime.max_response_bytes == 64 * 1024 * 1024);
  CHECK_FALSE(options.runtime.tls);
  CHECK(options.answer_limits.array_bytes == 1048576);
  CHECK(options.answer_limits.object_bytes == 1500000);
  CHECK(options.bind_address == "127.0.0.1");
  CHECK(options.port == 8091);
  CHECK(options.max_waiting == 1024);
  CHECK(options.http.max_connections == 2048);
  CHECK(options.http.max_body_bytes == 4194304);
  CHECK_FALSE(options.tls.enabled());
}

TEST_CASE("Every flag takes its value") {
  const Options options =
      Parsed({"--runtime=cri", "--cri-endpoint=unix:///run/crio/crio.sock",
              "--docker-endpoint=tcp://127.0.0.1:2375", "--timeout=1500ms",
              "--connect-timeout=600ms", "--max-response-bytes=123",
              "--docker-api-version=1.41", "--max-answer-bytes=2097152",
              "--bind-address=localhost", "--port=0", "--max-waiting=10",
              "--max-body-bytes=0", "--max-in-flight-bytes=7",
              "--allowed-host=a.example,b.example", "--allowed-host=c.example",
              "--metrics-bind-address=[::1]", "--metrics-port=9999",
              "--log-format=json", "--log-level=warning"});
  CHECK(options.runtime.kind == RuntimeKind::kCri);
  CHECK(options.runtime.cri_endpoint == "unix:///run/crio/crio.sock");
  CHECK(options.runtime.docker_endpoint == "tcp://127.0.0.1:2375");
  CHECK(options.runtime.timeout == milliseconds(1500));
  CHECK(options.runtime.connect_timeout == milliseconds(600));
  CHECK(options.runtime.max_response_bytes == 123);
  CHECK(options.runtime.api_version == "1.41");
  CHECK(options.answer_limits.array_bytes == 2097152);
  CHECK(options.answer_limits.object_bytes == 2097152);
  CHECK(options.bind_address == "127.0.0.1");
  CHECK(options.port == 0);
  CHECK(options.max_waiting == 10);
  // Those of pending requests, and as many others as by default.
  CHECK(options.http.max_connections == 1034);
  CHECK(options.http.max_body_bytes == 0);
  CHECK(options.http.max_in_flight_bytes == 7);
  CHECK(options.metrics_bind_address == "::1");
  CHECK(options.metrics_port == 9999);
  CHECK(options.has_metrics_listener);
  CHECK(options.http.allowed_hosts ==
        Texts{"a.example", "b.example", "c.example"});
  CHECK(options.log_format == LogFormat::kJson);
  CHECK(options.log_level == LogLevel::kWarning);
  CHECK(Parsed({"--runtime=auto"}).runtime.kind == RuntimeKind::kAuto);
  CHECK(Parsed({"--metrics-bind-address=::1"}).has_metrics_listener);
}

TEST_CASE("The command line takes precedence over the environment") {
  const ScopedEnvironment environment{
      {"CONTAINER_COLLECTOR_PORT", "3333"},
      {"CONTAINER_COLLECTOR_TIMEOUT", "7s"},
      {"CONTAINER_COLLECTOR_ALLOWED_HOST", "a.example,b.example"},
      {"CONTAINER_COLLECTOR_LOG_LEVEL", ""}};
  const Options options = Parsed({});
  CHECK(options.port == 3333);
  CHECK(options.runtime.timeout == seconds(7));
  CHECK(options.http.allowed_hosts == Texts{"a.example", "b.example"});
  CHECK(options.log_level == LogLevel::kInfo);
  CHECK(Parsed({"--port=4444"}).port == 4444);
}

TEST_CASE("Flags that were renamed keep their former names") {
  const Options flags =
      Parsed({"--docker-timeout=2s", "--docker-connect-timeout=3s",
              "--docker-max-response-bytes=4"});
  CHECK(flags.runtime.timeout == seconds(2));
  CHECK(flags.runtime.connect_timeout == seconds(3));
  CHECK(flags.runtime.max_response_bytes == 4);
  CheckRejected({"--docker-timeout", "x"},
                "--docker-timeout: invalid value \"x" + kDurationHint);

  const ScopedEnvironment environment{
      {"CONTAINER_COLLECTOR_DOCKER_TIMEOUT", "5s"},
      {"CONTAINER_COLLECTOR_DOCKER_CONNECT_TIMEOUT", "6s"},
      {"CONTAINER_COLLECTOR_DOCKER_MAX_RESPONSE_BYTES", "7"}};
  const Options variables = Parsed({});
  CHECK(variables.runtime.timeout == seconds(5));
  CHECK(variables.runtime.connect_timeout == seconds(6));
  CHECK(variables.runtime.max_response_bytes == 7);
  CHECK(variables.warnings.empty());
  CHECK(Parsed({"--timeout=8s"}).runtime.timeout == seconds(8));
  {
    const ScopedEnvironment newer{{"CONTAINER_COLLECTOR_TIMEOUT", "9s"}};
    CHECK(Parsed({}).runtime.timeout == seconds(9));
  }
  const ScopedEnvironment wrong{{"CONTAINER_COLLECTOR_TIMEOUT", ""},
                                {"CONTAINER_COLLECTOR_DOCKER_TIMEOUT", "x"}};
  CheckRejected({}, "CONTAINER_COLLECTOR_DOCKER_TIMEOUT: invalid value \"x" +
                        kDurationHint);
}

TEST_CASE("A misspelt variable is a warning that names the nearest one") {
  const ScopedEnvironment environment{{"CONTAINER_COLLECTOR_PROT", "3"}};
  const std::string prot =
      "unknown variable CONTAINER_COLLECTOR_PROT; did you mean "
      "CONTAINER_COLLECTOR_PORT?";
  CHECK(Parsed({}).warnings == Texts{prot});
  CheckRejected({"--check-config"}, prot);

  const ScopedEnvironment other{{"CONTAINER_COLLECTOR_PROT", ""},
                                {"CONTAINER_COLLECTOR_READY_TIMEOUT", "3s"}};
  Texts warnings = Parsed({}).warnings;
  std::sort(warnings.begin(), warnings.end());
  CHECK(warnings ==
        Texts{prot, "unknown variable CONTAINER_COLLECTOR_READY_TIMEOUT"});
}

TEST_CASE("Variables that Kubernetes sets for a Service are ignored") {
  const ScopedEnvironment environment{
      {"CONTAINER_COLLECTOR_PORT", "tcp://10.0.0.1:8091"},
      {"CONTAINER_COLLECTOR_PORT_8091_TCP", "tcp://10.0.0.1:8091"},
      {"CONTAINER_COLLECTOR_PORT_8091_TCP_ADDR", "10.0.0.1"},
      {"CONTAINER_COLLECTOR_PORT_8091_TCP_PORT", "8091"},
      {"CONTAINER_COLLECTOR_PORT_8091_TCP_PROTO", "tcp"},
      {"CONTAINER_COLLECTOR_SERVICE_HOST", "10.0.0.1"},
      {"CONTAINER_COLLECTOR_SERVICE_PORT", "8091"},
      {"CONTAINER_COLLECTOR_SERVICE_PORT_HTTP", "8091"},
      // Of a Service named container-collector-metrics, and another one.
      {"CONTAINER_COLLECTOR_METRICS_PORT", "udp://10.0.0.2:8092"},
      {"CONTAINER_COLLECTOR_METRICS_SERVICE_HOST", "10.0.0.2"},
      {"CONTAINER_COLLECTOR_OTHER_PORT", "sctp://10.0.0.3:1"}};
  const Options options = Parsed({});
  CHECK(options.port == 8091);
  CHECK_FALSE(options.has_metrics_listener);
  CHECK(options.warnings.empty());
  CHECK(Parsed({"--port=4444"}).port == 4444);
  Printed({"--check-config"});

  // Not the name of a port, or not such a URL.
  const ScopedEnvironment others{
      {"CONTAINER_COLLECTOR_OTHER", "tcp://10.0.0.1:8091"}};
  CHECK(Parsed({}).warnings ==
        Texts{"unknown variable CONTAINER_COLLECTOR_OTHER"});
  const ScopedEnvironment port{
      {"CONTAINER_COLLECTOR_PORT", "http://10.0.0.1:8091"}};
  CheckRejected({},
                "CONTAINER_COLLECTOR_PORT: invalid value "
                "\"http://10.0.0.1:8091\": write a number from 0 to 65535");
}

TEST_CASE("DOCKER_* variables are the defaults of the daemon's flags") {
  const ScopedEnvironment environment{{"DOCKER_HOST", "unix:///run/other.sock"},
                                      {"DOCKER_API_VERSION", "1.41"},
                                      {"DOCKER_CERT_PATH", "/certs"}};
  const RuntimeOptions docker = Parsed({}).runtime;
  CHECK(docker.docker_endpoint == "unix:///run/other.sock");
  CHECK(docker.api_version == "1.41");
  REQUIRE(docker.tls);
  CHECK(docker.tls->ca_file == "/certs/ca.pem");
  CHECK_FALSE(docker.tls->verify);
  CHECK(Parsed({"--docker-endpoint=unix:///x"}).runtime.docker_endpoint ==
        "unix:///x");
}

TEST_CASE("A wrong value is rejected with a text that names its flag") {
  const std::string port = "\": write a number from 0 to 65535";
  const std::string address =
      "\": write an IP address of this machine, e.g. 127.0.0.1, 0.0.0.0 or ::1";
  struct Case {
    std::string flag;
    std::string value;
    std::string hint;
  };
  std::vector<Case> cases = {
      {"--port", "65536", port},
      {"--port", "-1", port},
      {"--port", "", port},
      {"--port", "1x", port},
      {"--port", "18446744073709551616", port},
      {"--max-waiting", "0", "\": write a number from 1 to 100000"},
      {"--bind-address", "example", address},
      {"--log-format", "xml", "\": write logfmt or json"},
      {"--log-level", "1", "\": write debug, info, warning or error"},
      {"--runtime", "podman", "\": write docker, cri or auto"}};
  for (const char* value : {"5", "0s", "-1s", "1.5s", "1d", "1S", "25h", "s",
                            "9223372036854775807h"}) {
    cases.push_back({"--timeout", value, kDurationHint});
  }
  for (const auto& [flag, value, hint] : cases) {
    CheckRejected({flag.c_str(), value.c_str()},
                  flag + ": invalid value \"" + value + hint);
  }
}

TEST_CASE("A mistake is rejected with a text that names what is wrong") {
  const std::string npipe =
      "Docker endpoint \"npipe:////./pipe/docker_engine\" cannot be used: "
      "npipe:// is for Windows: write e.g. unix:///var/run/docker.sock or "
      "tcp://127.0.0.1:2375";
  const std::string version =
      "invalid API version \"x\": write e.g. 1.40, or nothing to use what the "
      "daemon takes";
  for (const auto& [arguments, text] :
       std::vector<std::pair<Arguments, std::string>>{
           {{"--port"}, "--port: 1 required NUMBER missing"},
           {{"--prot", "80"}, "unknown flag --prot; did you mean --port?"},
           {{"--prot=80"}, "unknown flag --prot; did you mean --port?"},
           {{"--cri-endpont=x"},
            "unknown flag --cri-endpont; did you mean --cri-endpoint?"},
           {{"--ready-timeout=1s"}, "unknown flag --ready-timeout"},
           {{"-p", "80"}, "unknown flag -p"},
           {{"80"}, "unexpected argument \"80\""},
           {{"--docker-endpoint=npipe:////./pipe/docker_engine"},
            "--docker-endpoint: " + npipe},
           {{"--docker-api-version=x"}, "--docker-api-version: " + version},
           {{"--cri-endpoint=tcp://127.0.0.1:1"},
            "--cri-endpoint: Container runtime endpoint "
            "\"tcp://127.0.0.1:1\" cannot be used: container runtimes "
            "listen at a Unix socket: write e.g. "
            "unix:///run/containerd/containerd.sock"},
           {{"--check-config", "--port=x"},
            "--port: invalid value \"x\": write a number from 0 to 65535"},
           {{"--tls-cert=/c"},
            "--tls-cert: --tls-cert and --tls-key go together: write both or "
            "neither"},
           {{"--tls-client-ca=/c"},
            "--tls-client-ca: it needs --tls-cert and --tls-key"},
           // A file that everybody may read, and that is not PEM.
           {{"--tls-cert=/dev/null", "--tls-key=/dev/null"},
            "--tls-cert: Cannot use the certificate /dev/null: the file is "
            "not in PEM format. Write one with a line -----BEGIN "
            "CERTIFICATE-----."}})
    CheckRejected(arguments, text);
  const ScopedEnvironment api_version{{"DOCKER_API_VERSION", "x"}};
  CheckRejected({}, "DOCKER_API_VERSION: " + version);
  const ScopedEnvironment host{
      {"DOCKER_HOST", "npipe:////./pipe/docker_engine"}};
  CheckRejected({}, "DOCKER_HOST: " + npipe);
}

TEST_CASE("Help, version and a valid configuration go to stdout with code 0") {
  CHECK(Printed({"--check-config"}) == "The configuration is valid.\n");
  CHECK(Printed({"--version"}).rfind("container-collector ", 0) == 0);
  const std::string help = Printed({"--help"});
  // All flags without their former names; "?": it has no variable.
  const std::regex line("\n +(-h, *)?-(-[a-z,-]+)");
  std::string flags;
  for (std::sregex_iterator it(help.begin(), help.end(), line), end; it != end;
       ++it) {
    std::string variable = "(Env:CONTAINER_COLLECTOR";
    for (const char c : it->str(2))
      variable += c == '-' ? '_' : static_cast<char>(std::toupper(c));
    const bool has_variable = help.find(variable + ")") != std::string::npos;
    flags += it->str(2) + (has_variable ? "" : "?");
  }
  CHECK(flags ==
        "-help?-version?-check-config?-runtime-docker-endpoint"
        "-docker-api-version-cri-endpoint-timeout-connect-timeout"
        "-max-response-bytes-bind-address-port-metrics-bind-address"
        "-metrics-port-allowed-host-tls-cert-tls-key-tls-client-ca"
        "-max-answer-bytes-max-waiting-max-body-bytes-max-in-flight-bytes"
        "-log-format-log-level");
  for (const char* part :
       {"unix:///run/containerd/containerd.sock", "unix:///run/crio/crio.sock",
        "unix:///run/cri-dockerd.sock", "127.0.0.1", "8091", "25s"}) {
    CAPTURE(part);
    CHECK(help.find(part) != std::string::npos);
  }
}
