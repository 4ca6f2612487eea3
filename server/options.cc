#include "server/options.h"

#include <CLI/CLI.hpp>
#include <chrono>

#include "containercollector/client.h"
#include "containercollector/error.h"
#include "containercollector/processor.h"
#include "containercollector/version.h"
#include "server/duration.h"
#include "server/listen_socket.h"

namespace containercollector::server {
namespace {

constexpr int kWrongUse = 2;

void AddDuration(CLI::App& app, const std::string& flag,
                 std::chrono::milliseconds& value, const std::string& text) {
  const auto set = [flag, &value](const std::string& written) {
    const auto parsed = ParseDuration(written);
    if (!parsed || parsed->count() == 0) {
      throw CLI::ValidationError(
          flag, "invalid duration \"" + written +
                    "\": write a number and a unit, more than 0, e.g. 25s, "
                    "1500ms or 1m");
    }
    value = *parsed;
  };
  app.add_option_function<std::string>(flag, set, text)
      ->type_name("DURATION")
      ->default_str(ToText(value));
}

/// Refuses what the library would refuse, and names the flag.
void CheckDockerOptions(const ClientOptions& docker) {
  ClientOptions only_host;
  only_host.host = docker.host;
  try {
    const Client client(only_host);
  } catch (const Error& error) {
    throw CLI::ValidationError("--docker-endpoint", error.what());
  }
  try {
    const Client client(docker);
  } catch (const Error& error) {
    throw CLI::ValidationError("DOCKER_API_VERSION, DOCKER_CERT_PATH",
                               error.what());
  }
}

}  // namespace

std::variant<Options, ParseExit> ParseOptions(int argc,
                                              const char* const* argv) {
  Options options;
  options.docker = ClientOptions::FromEnvironment();

  CLI::App app(
      "Answers POST " + std::string(Processor::kPath) +
          " with the containers of this node, as its Docker daemon lists them.",
      "container-collector");
  app.set_version_flag("--version",
                       "container-collector " + std::string(kVersion),
                       "Print the version and exit");
  app.add_option("--docker-endpoint", options.docker.host,
                 "Where the Docker daemon listens: unix://PATH, "
                 "tcp://HOST:PORT, http://HOST:PORT or https://HOST:PORT. "
                 "Without it, DOCKER_HOST")
      ->capture_default_str();
  AddDuration(app, "--docker-timeout", options.docker.timeout,
              "How long the Docker daemon may take for an answer");
  app.add_option("--bind-address", options.bind_address,
                 "IPv4 or IPv6 address to listen on")
      ->check([](const std::string& address) {
        return IsIpAddress(address) ? std::string()
                                    : "\"" + address +
                                          "\" is no IP address: write e.g. "
                                          "127.0.0.1, 0.0.0.0 or ::1";
      })
      ->type_name("ADDRESS")
      ->capture_default_str();
  app.add_option("--port", options.port,
                 "Port to listen on; 0 picks a free one")
      ->type_name("PORT")
      ->capture_default_str();

  try {
    app.parse(argc, argv);
    CheckDockerOptions(options.docker);
    return options;
  } catch (const CLI::CallForHelp&) {
    return ParseExit{0, app.help()};
  } catch (const CLI::CallForVersion& version) {
    return ParseExit{0, std::string(version.what()) + "\n"};
  } catch (const CLI::ParseError& error) {
    return ParseExit{kWrongUse,
                     "container-collector: " + std::string(error.what()) +
                         "\nRun container-collector --help for all flags.\n"};
  }
}

}  // namespace containercollector::server
