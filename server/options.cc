// SPDX-License-Identifier: Apache-2.0

#include "server/options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <stdexcept>

#include "containercollector/cri_client.h"
#include "containercollector/docker_client.h"
#include "containercollector/error.h"
#include "containercollector/processor.h"
#include "containercollector/version.h"
#include "server/flag_sources.h"
#include "server/flags.h"

namespace containercollector::server {
namespace {

/// Connections beyond those of pending requests, so that /healthz gets one.
constexpr std::size_t kSpareConnections = 64;

/// Rejects what the library would reject, and names the source.
void CheckDockerOptions(const RuntimeOptions& docker,
                        const FlagSources& sources) {
  const auto check = [](const RuntimeOptions& options,
                        const std::string& source) {
    try {
      const DockerClient client(options);
    } catch (const Error& error) {
      throw ConfigurationError(source, error.what());
    }
  };
  RuntimeOptions some;
  some.docker_endpoint = docker.docker_endpoint;
  check(some, sources.Of("--docker-endpoint", "DOCKER_HOST"));
  some.api_version = docker.api_version;
  check(some, sources.Of("--docker-api-version", "DOCKER_API_VERSION"));
  check(docker, "--docker-tls-cert, --docker-tls-key");
}

void CheckCriEndpoint(const std::string& endpoint, const FlagSources& sources) {
  if (endpoint.empty()) return;
  RuntimeOptions options;
  options.cri_endpoint = endpoint;
  try {
    const CriClient client(options);
  } catch (const Error& error) {
    throw ConfigurationError(sources.Of("--cri-endpoint"), error.what());
  }
}

void CheckTls(const TlsFiles& files, const FlagSources& sources) {
  const std::string cert = sources.Of("--tls-cert");
  const std::string key = sources.Of("--tls-key");
  const std::string client_ca = sources.Of("--tls-client-ca");
  if (files.cert.empty() != files.key.empty()) {
    throw ConfigurationError(files.cert.empty() ? key : cert,
                             "--tls-cert and --tls-key go together: write both "
                             "or neither");
  }
  if (!files.enabled() && !files.client_ca.empty())
    throw ConfigurationError(client_ca, "it needs --tls-cert and --tls-key");
  if (!files.enabled()) return;
  try {
    const Tls tls(files);
  } catch (const TlsFileError& error) {
    const bool is_cert = error.file() == &TlsFiles::cert;
    const bool is_key = error.file() == &TlsFiles::key;
    throw ConfigurationError(is_cert  ? cert
                             : is_key ? key
                                      : client_ca,
                             error.what());
  }
}

void CheckLimits(const Options& options, const FlagSources& sources) {
  const std::size_t needed =
      options.max_waiting + kMaxReadyWaiting + kSpareConnections;
  if (options.http.max_connections < needed) {
    throw ConfigurationError(
        sources.Of("--max-connections"),
        std::to_string(options.http.max_connections) + " is too few for " +
            std::to_string(options.max_waiting) +
            " pending requests: write at least " + std::to_string(needed) +
            ", or less for --max-waiting");
  }
}

/// Reads all sources into the options that the flags of `app` set.
void ReadSources(CLI::App& app, const std::string& config_flag,
                 const Options& options) {
  FlagSources sources(app);
  sources.ReadEnvironment();
  const char* const variable = "CONTAINER_COLLECTOR_CONFIG";
  const char* const config = std::getenv(variable);
  if (!config_flag.empty()) {
    sources.ReadFile(config_flag, "--config");
  } else if (config != nullptr && *config != '\0') {
    sources.ReadFile(config, variable);
  }
  CheckDockerOptions(options.collector.docker, sources);
  CheckCriEndpoint(options.collector.cri_endpoint, sources);
  CheckTls(options.tls, sources);
  CheckLimits(options, sources);
}

std::string HelpText(CLI::App& app) {
  for (CLI::Option* const option : app.get_options()) {
    const std::string flag = option->get_name();
    if (option->get_configurable() || flag == "--config")
      option->envname(FlagSources::VariableOf(flag));
  }
  return app.help();
}

ParseExit WrongUse(const std::string& text) {
  return {2, "container-collector: " + text +
                 "\nRun container-collector --help for all flags.\n"};
}

}  // namespace

std::variant<Options, ParseExit> ParseOptions(int argc,
                                              const char* const* argv) {
  Options options;
  options.collector.docker = RuntimeOptions::FromEnvironment();
  options.collector.docker.max_response_bytes = std::size_t{64} << 20;

  CLI::App app(
      "Serves the containers of this node, as its Docker daemon lists or "
      "would list them, at POST " +
          std::string(Processor::kArrayPath) + ".",
      "container-collector");
  app.set_version_flag("--version",
                       "container-collector " + std::string(kLibraryVersion),
                       "Print the version and exit");
  bool check_config = false;
  app.add_flag("--check-config", check_config,
               "Check the configuration and exit: 0 if it is valid, else 2")
      ->configurable(false);
  std::string config;
  app.add_option("--config", config,
                 "File with one flag in each line, without dashes, e.g. "
                 "port=8091. Precedence: command line, environment, file")
      ->type_name("FILE")
      ->configurable(false);
  AddFlags(app, options);

  try {
    app.parse(argc, argv);
    ReadSources(app, config, options);
    if (check_config) return ParseExit{0, "The configuration is valid.\n"};
    return options;
  } catch (const CLI::CallForHelp&) {
    return ParseExit{0, HelpText(app)};
  } catch (const CLI::CallForVersion& version) {
    return ParseExit{0, std::string(version.what()) + "\n"};
  } catch (const CLI::ParseError& error) {
    return WrongUse(error.what());
  } catch (const ConfigurationError& error) {
    return WrongUse(error.what());
  }
}

}  // namespace containercollector::server
