// SPDX-License-Identifier: Apache-2.0

#include "server/options.h"

#include <cstdlib>
#include <fstream>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/environment.h"
#include "tests/support/temp_dir.h"

using namespace containercollector::server;
using containercollector::test::ScopedEnvironment;
using containercollector::test::TempDir;
using std::chrono::milliseconds;

namespace {

std::variant<Options, ParseExit> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "container-collector");
  return ParseOptions(static_cast<int>(arguments.size()), arguments.data());
}

Options Parsed(const std::vector<const char*>& arguments) {
  auto parsed = Parse(arguments);
  if (const auto* exit = std::get_if<ParseExit>(&parsed)) FAIL(exit->text);
  return std::get<Options>(std::move(parsed));
}

void CheckRejected(const std::vector<const char*>& arguments,
                   const std::string& text) {
  const auto parsed = Parse(arguments);
  REQUIRE(std::holds_alternative<ParseExit>(parsed));
  CHECK(std::get<ParseExit>(parsed).code == 2);
  CHECK(std::get<ParseExit>(parsed).text ==
        "container-collector: " + text +
            "\nRun container-collector --help for all flags.\n");
}

}  // namespace

TEST_CASE("Without flags, the defaults are those of the manual") {
  const Options options = Parsed({});
  CHECK_FALSE(options.has_metrics_listener);
  CHECK(options.collector.runtime == RuntimeChoice::kDocker);
  CHECK(options.collector.cri_endpoint.empty());
  CHECK(options.collector.docker.docker_endpoint ==
        "unix:///var/run/docker.sock");
  CHECK(options.collector.docker.timeout == std::chrono::seconds(25));
  CHECK(options.collector.docker.connect_timeout == std::chrono::seconds(5));
  CHECK(options.collector.docker.max_response_bytes == 64 * 1024 * 1024);
  CHECK_FALSE(options.collector.docker.tls);
  CHECK(options.answer_limits.array_bytes == 1048576);
  CHECK(options.answer_limits.object_bytes == 1500000);
  CHECK(options.bind_address == "127.0.0.1");
  CHECK(options.port == 8091);
  CHECK(options.max_waiting == 1024);
  CHECK(options.http.max_connections == 2048);
  CHECK(options.http.max_connections_per_address == 0);
  CHECK(options.http.max_body_bytes == 4194304);
  CHECK_FALSE(options.tls.enabled());
}

TEST_CASE("Every flag takes its value") {
  const Options options = Parsed({"--runtime=cri",
                                  "--cri-endpoint=unix:///run/crio/crio.sock",
                                  "--docker-endpoint=tcp://127.0.0.1:2375",
                                  "--docker-timeout=1500ms",
                                  "--docker-connect-timeout=600ms",
                                  "--docker-max-response-bytes=123",
                                  "--docker-api-version=1.41",
                                  "--docker-tls-ca=/ca",
                                  "--docker-tls-cert=/cert",
                                  "--docker-tls-key=/key",
                                  "--docker-tls-verify=false",
                                  "--ready-timeout=1m",
                                  "--max-daemon-calls=2",
                                  "--max-answer-bytes=2097152",
                                  "--bind-address=::1",
                                  "--port=0",
                                  "--max-waiting=10",
                                  "--max-connections=200",
                                  "--max-connections-per-address=5",
                                  "--max-header-bytes=2048",
                                  "--max-body-bytes=0",
                                  "--max-in-flight-bytes=7",
                                  "--allowed-host=a.example,b.example",
                                  "--allowed-host=c.example",
                                  "--metrics-bind-address=[::1]",
                                  "--metrics-port=9999",
                                  "--idle-timeout=2s",
                                  "--request-timeout=3s",
                                  "--send-timeout=4s",
                                  "--log-format=json",
                                  "--log-level=warning"});
  CHECK(options.collector.runtime == RuntimeChoice::kCri);
  CHECK(options.collector.cri_endpoint == "unix:///run/crio/crio.sock");
  CHECK(options.collector.docker.docker_endpoint == "tcp://127.0.0.1:2375");
  CHECK(options.collector.docker.timeout == milliseconds(1500));
  CHECK(options.collector.docker.connect_timeout == milliseconds(600));
  CHECK(options.collector.docker.max_response_bytes == 123);
  CHECK(options.collector.docker.api_version == "1.41");
  const containercollector::TlsOptions tls{"/ca", "/cert", "/key", false};
  CHECK(options.collector.docker.tls == tls);
  CHECK(options.collector.ready_timeout == std::chrono::minutes(1));
  CHECK(options.max_daemon_calls == 2);
  CHECK(options.answer_limits.array_bytes == 2097152);
  CHECK(options.answer_limits.object_bytes == 2097152);
  CHECK(options.bind_address == "::1");
  CHECK(options.port == 0);
  CHECK(options.max_waiting == 10);
  CHECK(options.http.max_connections == 200);
  CHECK(options.http.max_connections_per_address == 5);
  CHECK(options.http.max_header_bytes == 2048);
  CHECK(options.http.max_body_bytes == 0);
  CHECK(options.http.max_in_flight_bytes == 7);
  CHECK(options.metrics_bind_address == "::1");
  CHECK(options.metrics_port == 9999);
  CHECK(options.has_metrics_listener);
  CHECK(options.http.allowed_hosts ==
        std::vector<std::string>{"a.example", "b.example", "c.example"});
  CHECK(options.http.idle_timeout == std::chrono::seconds(2));
  CHECK(options.http.request_timeout == std::chrono::seconds(3));
  CHECK(options.http.send_timeout == std::chrono::seconds(4));
  CHECK(options.log_format == LogFormat::kJson);
  CHECK(options.log_level == LogLevel::kWarning);
}

TEST_CASE("Precedence: command line, environment, file") {
  const TempDir dir;
  const std::string file = dir / "collector.conf";
  std::ofstream(file) << "# how we run it\nport=1111\nmax-waiting=22\n";
  const ScopedEnvironment config{{"CONTAINER_COLLECTOR_CONFIG", file.c_str()}};
  const Options from_file = Parsed({});
  CHECK(from_file.port == 1111);
  CHECK(from_file.max_waiting == 22);

  const ScopedEnvironment port{{"CONTAINER_COLLECTOR_PORT", "3333"}};
  const ScopedEnvironment timeout{{"CONTAINER_COLLECTOR_DOCKER_TIMEOUT", "7s"}};
  const ScopedEnvironment empty{{"CONTAINER_COLLECTOR_LOG_LEVEL", ""}};
  const Options options = Parsed({});
  CHECK(options.port == 3333);
  CHECK(options.max_waiting == 22);
  CHECK(options.collector.docker.timeout == std::chrono::seconds(7));
  CHECK(Parsed({"--port=4444"}).port == 4444);
}

TEST_CASE("The flag --config takes precedence over its variable") {
  const TempDir dir;
  const std::string file = dir / "collector.conf";
  std::ofstream(file) << "bind-address = \"::1\"\n";
  const ScopedEnvironment config{
      {"CONTAINER_COLLECTOR_CONFIG", "/nonexistent"}};
  CHECK(Parsed({"--config", file.c_str()}).bind_address == "::1");
}

TEST_CASE("DOCKER_* variables are the defaults of the daemon's flags") {
  const ScopedEnvironment environment{{"DOCKER_HOST", "unix:///run/other.sock"},
                                      {"DOCKER_API_VERSION", "1.41"},
                                      {"DOCKER_CERT_PATH", "/certs"}};
  const containercollector::RuntimeOptions docker =
      Parsed({"--docker-tls-ca=/ca"}).collector.docker;
  CHECK(docker.docker_endpoint == "unix:///run/other.sock");
  CHECK(docker.api_version == "1.41");
  const containercollector::TlsOptions tls{"/ca", "/certs/cert.pem",
                                           "/certs/key.pem", false};
  CHECK(docker.tls == tls);
  CHECK(Parsed({"--docker-endpoint=unix:///x"})
            .collector.docker.docker_endpoint == "unix:///x");
}

TEST_CASE(
    "The flag --bind-address takes a name and brackets that mean an address") {
  CHECK(Parsed({"--bind-address=localhost"}).bind_address == "127.0.0.1");
  CHECK(Parsed({"--bind-address=[::1]"}).bind_address == "::1");
}

TEST_CASE("A wrong value is rejected with a text that names its flag") {
  CheckRejected(
      {"--port=65536"},
      "--port: invalid value \"65536\": write a number from 0 to 65535");
  CheckRejected({"--port=-1"},
                "--port: invalid value \"-1\": write a number from 0 to 65535");
  CheckRejected(
      {"--max-waiting=x"},
      "--max-waiting: invalid value \"x\": write a number from 1 to 100000");
  for (const char* flag : {"--docker-timeout", "--idle-timeout"}) {
    for (const char* value : {"5", "0s", "-1s", "1.5s", "1d", "1S", "25h",
                              "9223372036854775807h"}) {
      CheckRejected({flag, value},
                    std::string(flag) + ": invalid value \"" + value +
                        "\": write a whole number and a unit from 1ms to 24h, "
                        "e.g. 25s, 1500ms or 1m");
    }
  }
  CheckRejected({"--bind-address=example"},
                "--bind-address: invalid value \"example\": write an IP "
                "address of this machine, e.g. 127.0.0.1, 0.0.0.0 or ::1");
  CheckRejected({"--log-format=xml"},
                "--log-format: invalid value \"xml\": write logfmt or json");
  CheckRejected({"--log-level=1"},
                "--log-level: invalid value \"1\": write debug, info, warning "
                "or error");
  CheckRejected({"--docker-tls-verify=no"},
                "--docker-tls-verify: invalid value \"no\": write true or "
                "false");
  CheckRejected({"--max-connections=1000"},
                "--max-connections: 1000 is too few for 1024 pending requests: "
                "write at least 1152, or less for --max-waiting");
  CheckRejected({"--prot=1"},
                "The following argument was not expected: --prot=1");
}

TEST_CASE("A wrong value of the daemon's options is rejected at its source") {
  const std::string npipe =
      "Docker endpoint \"npipe:////./pipe/docker_engine\" cannot be used: "
      "npipe:// is for Windows: write e.g. unix:///var/run/docker.sock or "
      "tcp://127.0.0.1:2375";
  const std::string version =
      "invalid API version \"x\": write e.g. 1.40, or nothing to use what the "
      "daemon takes";
  CheckRejected({"--docker-endpoint=npipe:////./pipe/docker_engine"},
                "--docker-endpoint: " + npipe);
  CheckRejected({"--docker-api-version=x"}, "--docker-api-version: " + version);
  CheckRejected({"--docker-tls-cert=/c"},
                "--docker-tls-cert, --docker-tls-key: invalid TLS files: a "
                "client's certificate and its key go together, write both or "
                "neither");
  {
    const ScopedEnvironment host{
        {"DOCKER_HOST", "npipe:////./pipe/docker_engine"}};
    CheckRejected({}, "DOCKER_HOST: " + npipe);
  }
  const ScopedEnvironment api_version{{"DOCKER_API_VERSION", "x"}};
  CheckRejected({}, "DOCKER_API_VERSION: " + version);
}

TEST_CASE("A wrong value in the environment is rejected with its variable") {
  const ScopedEnvironment port{{"CONTAINER_COLLECTOR_PORT", "many"}};
  CheckRejected({},
                "CONTAINER_COLLECTOR_PORT: invalid value \"many\": write a "
                "number from 0 to 65535");
  CHECK(Parsed({"--port=1"}).port == 1);
}

TEST_CASE("A mistake in the file is rejected with its line") {
  const TempDir dir;
  const std::string file = dir / "collector.conf";
  const auto check = [&](const std::string& content, const std::string& text) {
    std::ofstream(file) << content;
    CheckRejected({"--config", file.c_str()}, file + text);
  };
  check("\nport=many\n",
        ":2: port: invalid value \"many\": write a number from 0 to 65535");
  check("prot=1\n",
        ":1: unknown flag \"prot\": write one flag in each line without its "
        "dashes, e.g. port=8091");
  check("port=1\n\nport=2\n",
        ":3: \"port\" is set twice, first in " + file + ":1: port");
  check("config=/x\n",
        ":1: unknown flag \"config\": write one flag in each line without its "
        "dashes, e.g. port=8091");
  CheckRejected(
      {"--config", "/nonexistent"},
      "--config: cannot read /nonexistent: No such file or directory");
  const ScopedEnvironment config{
      {"CONTAINER_COLLECTOR_CONFIG", "/nonexistent"}};
  CheckRejected({},
                "CONTAINER_COLLECTOR_CONFIG: cannot read /nonexistent: No such "
                "file or directory");
}

TEST_CASE("The flag --check-config exits with 0, or with 2 and the mistake") {
  const auto valid = std::get<ParseExit>(Parse({"--check-config"}));
  CHECK(valid.code == 0);
  CHECK(valid.text == "The configuration is valid.\n");
  CheckRejected({"--check-config", "--port=x"},
                "--port: invalid value \"x\": write a number from 0 to 65535");
}

TEST_CASE("TLS files go together and must be usable") {
  CheckRejected(
      {"--tls-cert=/c"},
      "--tls-cert: --tls-cert and --tls-key go together: write both or "
      "neither");
  CheckRejected({"--tls-client-ca=/c"},
                "--tls-client-ca: it needs --tls-cert and --tls-key");
  CheckRejected({"--tls-cert=/nonexistent", "--tls-key=/nonexistent"},
                "--tls-cert: Cannot read the certificate /nonexistent: No such "
                "file or directory. Write the path of a PEM file.");
  // A file that everybody may read, and that is not PEM.
  CheckRejected({"--tls-cert=/dev/null", "--tls-key=/dev/null"},
                "--tls-cert: Cannot use the certificate /dev/null: the file is "
                "not in PEM format. Write one with a line -----BEGIN "
                "CERTIFICATE-----.");
}

TEST_CASE("Help and version go to stdout with code 0") {
  const auto version = std::get<ParseExit>(Parse({"--version"}));
  CHECK(version.code == 0);
  CHECK(version.text.rfind("container-collector ", 0) == 0);
  const auto help = std::get<ParseExit>(Parse({"--help"}));
  CHECK(help.code == 0);
  for (const char* flag :
       {"--docker-endpoint", "--bind-address", "--port", "--docker-timeout",
        "--max-waiting", "--tls-client-ca", "--config", "--log-format"}) {
    CHECK(help.text.find(flag) != std::string::npos);
  }
}

TEST_CASE("The runtime and its endpoint are checked") {
  CHECK(Parsed({"--runtime=auto"}).collector.runtime == RuntimeChoice::kAuto);
  CheckRejected({"--runtime=podman"},
                "--runtime: invalid value \"podman\": write docker, cri or "
                "auto");
  CheckRejected({"--cri-endpoint=tcp://127.0.0.1:1"},
                "--cri-endpoint: Container runtime endpoint "
                "\"tcp://127.0.0.1:1\" cannot be used: container runtimes "
                "listen at a Unix socket: write e.g. "
                "unix:///run/containerd/containerd.sock");
}

TEST_CASE("The help names where container runtimes listen") {
  const auto parsed = Parse({"--help"});
  const std::string& help = std::get<ParseExit>(parsed).text;
  for (const char* endpoint :
       {"unix:///run/containerd/containerd.sock", "unix:///run/crio/crio.sock",
        "unix:///run/cri-dockerd.sock"}) {
    CHECK(help.find(endpoint) != std::string::npos);
  }
}
