// SPDX-License-Identifier: Apache-2.0

#include "server/options.h"

#include <cstdlib>
#include <fstream>
#include <vector>

#include "server/duration.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

using namespace containercollector::server;
using containercollector::test::TempDir;
using std::chrono::milliseconds;

namespace {

/// A variable of the environment, for as long as it lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    REQUIRE(setenv(name, value, 1) == 0);
  }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

std::variant<Options, ParseExit> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "container-collector");
  return ParseOptions(static_cast<int>(arguments.size()), arguments.data());
}

Options Parsed(const std::vector<const char*>& arguments) {
  auto parsed = Parse(arguments);
  if (const auto* exit = std::get_if<ParseExit>(&parsed)) FAIL(exit->text);
  return std::get<Options>(std::move(parsed));
}

void CheckRefused(const std::vector<const char*>& arguments,
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
  CHECK(options.collector.docker.endpoint == "unix:///var/run/docker.sock");
  CHECK(options.collector.docker.timeout == std::chrono::seconds(25));
  CHECK(options.collector.max_answer_bytes == 0);
  CHECK(options.bind_address == "127.0.0.1");
  CHECK(options.port == 8091);
  CHECK(options.max_waiting == 1024);
  CHECK(options.http.max_connections == 2048);
  CHECK(options.http.max_connections_per_address == 0);
  CHECK(options.http.max_body_bytes == 1024 * 1024);
  CHECK_FALSE(options.tls.enabled());
}

TEST_CASE("Every flag takes its value") {
  const Options options = Parsed(
      {"--docker-endpoint=tcp://127.0.0.1:2375", "--docker-timeout=1500ms",
       "--ready-timeout=1m", "--max-daemon-calls=2",
       "--max-answer-bytes=2097152", "--bind-address=::1", "--port=0",
       "--max-waiting=10", "--max-connections=200",
       "--max-connections-per-address=5", "--max-header-bytes=2048",
       "--max-body-bytes=0", "--idle-timeout=2s", "--request-timeout=3s",
       "--send-timeout=4s", "--log-format=json", "--log-level=warning"});
  CHECK(options.collector.docker.endpoint == "tcp://127.0.0.1:2375");
  CHECK(options.collector.docker.timeout == milliseconds(1500));
  CHECK(options.collector.ready_timeout == std::chrono::minutes(1));
  CHECK(options.max_daemon_calls == 2);
  CHECK(options.collector.max_answer_bytes == 2097152);
  CHECK(options.bind_address == "::1");
  CHECK(options.port == 0);
  CHECK(options.max_waiting == 10);
  CHECK(options.http.max_connections == 200);
  CHECK(options.http.max_connections_per_address == 5);
  CHECK(options.http.max_header_bytes == 2048);
  CHECK(options.http.max_body_bytes == 0);
  CHECK(options.http.idle_timeout == std::chrono::seconds(2));
  CHECK(options.http.request_timeout == std::chrono::seconds(3));
  CHECK(options.http.send_timeout == std::chrono::seconds(4));
  CHECK(options.log_format == LogFormat::kJson);
  CHECK(options.log_level == LogLevel::kWarning);
}

TEST_CASE(
    "The command line counts before the file, and the file before the "
    "environment") {
  const TempDir dir;
  const std::string file = dir / "collector.conf";
  std::ofstream(file) << "# how we run it\nport=1111\nmax-waiting=22\n";
  const Variable port("CONTAINER_COLLECTOR_PORT", "3333");
  const Variable timeout("CONTAINER_COLLECTOR_DOCKER_TIMEOUT", "7s");
  CHECK(Parsed({}).port == 3333);

  const Variable config("CONTAINER_COLLECTOR_CONFIG", file.c_str());
  Options options = Parsed({});
  CHECK(options.port == 1111);
  CHECK(options.max_waiting == 22);
  CHECK(options.collector.docker.timeout == std::chrono::seconds(7));
  CHECK(Parsed({"--port=4444"}).port == 4444);
}

TEST_CASE("DOCKER_HOST counts where nobody else says where the daemon is") {
  const Variable host("DOCKER_HOST", "unix:///run/other.sock");
  CHECK(Parsed({}).collector.docker.endpoint == "unix:///run/other.sock");
  CHECK(Parsed({"--docker-endpoint=unix:///x"}).collector.docker.endpoint ==
        "unix:///x");
}

TEST_CASE("A wrong value is refused with a text that names its flag") {
  CheckRefused({"--port=65536"},
               "--port: invalid number \"65536\": write 0 to 65535");
  CheckRefused({"--port=-1"},
               "--port: invalid number \"-1\": write 0 to 65535");
  CheckRefused({"--max-waiting=x"},
               "--max-waiting: invalid number \"x\": write 1 to 100000");
  for (const char* flag : {"--docker-timeout", "--idle-timeout"}) {
    for (const char* value : {"5", "0s", "s", "-1s", "1.5s", "1d", "25h"}) {
      CheckRefused({flag, value},
                   std::string(flag) + ": invalid duration \"" + value +
                       "\": write a number and a unit, 1ms to 24h, e.g. 25s, "
                       "1500ms or 1m");
    }
  }
  CheckRefused({"--bind-address=localhost"},
               "--bind-address: \"localhost\" is no IP address: write e.g. "
               "127.0.0.1, 0.0.0.0 or ::1");
  CheckRefused(
      {"--log-format=xml"},
      "--log-format: unknown value \"xml\": write one of json, logfmt");
  CheckRefused({"--max-connections=1000"},
               "--max-connections: 1000 is too few for 1024 waiting requests: "
               "write at least 1152, or less for --max-waiting");
  CheckRefused({"--docker-endpoint=npipe:////./pipe/docker_engine"},
               "--docker-endpoint: Docker endpoint "
               "\"npipe:////./pipe/docker_engine\" cannot be used: npipe:// is "
               "for Windows: write e.g. unix:///var/run/docker.sock or "
               "tcp://127.0.0.1:2375");
  CheckRefused({"--prot=1"},
               "The following argument was not expected: --prot=1");
}

TEST_CASE("A wrong value in the environment names its flag too") {
  const Variable port("CONTAINER_COLLECTOR_PORT", "many");
  CheckRefused({}, "--port: invalid number \"many\": write 0 to 65535");
}

TEST_CASE("A file with a wrong flag or value, or none at all, is refused") {
  const TempDir dir;
  const std::string file = dir / "collector.conf";
  std::ofstream(file) << "port=many\n";
  CheckRefused({"--config", file.c_str()},
               "--port: invalid number \"many\": write 0 to 65535");
  std::ofstream(file) << "prot=1\n";
  CheckRefused({"--config", file.c_str()},
               "--config: INI was not able to parse prot");
  CheckRefused({"--config", "/nonexistent"},
               "--config: /nonexistent was not readable (missing?)");
}

TEST_CASE("TLS files go together and must be usable") {
  CheckRefused(
      {"--tls-cert=/c"},
      "--tls-cert, --tls-key: they go together: write both or neither");
  CheckRefused({"--tls-client-ca=/c"},
               "--tls-client-ca: it needs --tls-cert and --tls-key");
  CheckRefused({"--tls-cert=/nonexistent", "--tls-key=/nonexistent"},
               "--tls-cert, --tls-key, --tls-client-ca: Cannot use the "
               "certificate /nonexistent with the key /nonexistent: write "
               "readable PEM files that belong together: Error while reading "
               "file.");
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

TEST_CASE("Durations are a whole number and a unit") {
  CHECK(ParseDuration("25s") == std::chrono::seconds(25));
  CHECK(ParseDuration("1500ms") == milliseconds(1500));
  CHECK(ParseDuration("1m") == std::chrono::minutes(1));
  CHECK(ParseDuration("2h") == std::chrono::hours(2));
  for (const char* text : {"", "s", "1", "1 s", " 1s", "1S", "-1s", "+1s",
                           "1e3s", "4294967296s", "4294967295h"}) {
    CHECK_FALSE(ParseDuration(text));
  }
  CHECK(ToText(milliseconds(1500)) == "1500ms");
  CHECK(ToText(std::chrono::seconds(25)) == "25s");
}
