// SPDX-License-Identifier: Apache-2.0

#include "server/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string_view>

#include "containercollector/cri_client.h"
#include "containercollector/docker_client.h"
#include "containercollector/error.h"
#include "containercollector/processor.h"
#include "containercollector/version.h"
#include "server/flags.h"

namespace containercollector::server {
namespace {

/// Connections besides those of pending requests: for clients that are idle or
/// still sending, and for probes, which must be served even if as many requests
/// are pending as allowed.
constexpr std::size_t kOtherConnections = 1024;

/// A configuration that cannot be used.
class ConfigurationError : public std::runtime_error {
 public:
  using runtime_error::runtime_error;
  ConfigurationError(const std::string& source, const std::string& text)
      : std::runtime_error(source + ": " + text) {}
};

/// Omits the former names of a flag.
class Formatter final : public CLI::Formatter {
  std::string make_option_name(const CLI::Option* option,
                               bool /*is_positional*/) const override {
    const bool renamed = option->get_lnames().size() > 1;
    return option->get_name(false, /*all_options=*/!renamed);
  }
};

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
  constexpr std::size_t kSlips = 2;
  const auto distance = [&](const std::string& each) {
    return EditDistance(name, each);
  };
  const auto nearest = std::min_element(
      known.begin(), known.end(),
      [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
  return distance(*nearest) <= kSlips ? "; did you mean " + *nearest + "?" : "";
}

/// The command line and the environment.
class Sources {
 public:
  Sources(CLI::App& app, int argc, const char* const* argv)
      : app_(app), arguments_(argv, argv + argc) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      const std::string text = error.what();
      const std::size_t colon = std::min(text.find(": "), text.size());
      const std::string flag = text.substr(0, colon);
      if (app_.get_option_no_throw(flag) == nullptr) throw;
      throw ConfigurationError(Of(flag, flag) + text.substr(colon));
    }
    for (const std::string& argument : app_.remaining()) {
      const std::string flag = argument.substr(0, argument.find('='));
      if (flag.rfind('-', 0) != 0)
        throw ConfigurationError("unexpected argument \"" + argument + "\"");
      throw ConfigurationError("unknown flag " + flag +
                               DidYouMean(flag, Names("--")));
    }
  }

  /// Returns where a flag got its value: "--port" or
  /// "CONTAINER_COLLECTOR_PORT"; `otherwise` if it has its default.
  std::string Of(const std::string& flag, const std::string& otherwise) const {
    const CLI::Option& option = *app_.get_option(flag);
    for (const std::string& name : option.get_lnames()) {
      std::string prefix = "--" + name;
      for (const std::string& argument : arguments_)
        if (argument == prefix || argument.rfind(prefix + "=", 0) == 0)
          return prefix;
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
      if (variable.rfind(VariableOf(""), 0) != 0 ||
          IsServiceLink(variable, value) ||
          std::find(known.begin(), known.end(), variable) != known.end())
        continue;
      warnings.push_back("unknown variable " + variable +
                         DidYouMean(variable, known));
    }
    return warnings;
  }

 private:
  /// Returns the names of all flags, including former ones.
  std::vector<std::string> Names(const std::string& prefix) const {
    std::vector<std::string> names;
    for (const CLI::Option* option : app_.get_options())
      for (const std::string& name : option->get_lnames())
        names.push_back(prefix + name);
    return names;
  }

  CLI::App& app_;
  const std::vector<std::string> arguments_;
};

/// Rejects what the library would reject, and names the source.
template <typename Runtime>
void CheckRuntime(const RuntimeOptions& options, const std::string& source) {
  try {
    const Runtime runtime(options);
  } catch (const Error& error) {
    throw ConfigurationError(source, error.what());
  }
}

void CheckRuntimes(const RuntimeOptions& options, const Sources& sources) {
  RuntimeOptions some;
  some.docker_endpoint = options.docker_endpoint;
  CheckRuntime<DockerClient>(some,
                             sources.Of("--docker-endpoint", "DOCKER_HOST"));
  CheckRuntime<DockerClient>(
      options, sources.Of("--docker-api-version", "DOCKER_API_VERSION"));
  CheckRuntime<CriClient>(options, sources.Of("--cri-endpoint", ""));
}

void CheckTls(const TlsFiles& files, const Sources& sources) {
  const auto fail = [&](const std::string& flag, const std::string& text) {
    throw ConfigurationError(sources.Of(flag, flag), text);
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
    fail(error.file() == &TlsFiles::cert  ? "--tls-cert"
         : error.file() == &TlsFiles::key ? "--tls-key"
                                          : "--tls-client-ca",
         error.what());
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
               "Check the configuration and exit: 0 if it is valid, else 2")
      ->configurable(false);
  AddFlags(app, options);

  try {
    const Sources sources(app, argc, argv);
    options.runtime.api_version_origin =
        sources.Of("--docker-api-version", options.runtime.api_version_origin);
    CheckRuntimes(options.runtime, sources);
    CheckTls(options.tls, sources);
    options.http.max_connections = options.max_waiting + kOtherConnections;
    options.warnings = sources.Warnings();
    if (!check_config) return options;
    if (!options.warnings.empty()) return WrongUse(options.warnings.front());
    return ParseExit{0, "The configuration is valid.\n"};
  } catch (const CLI::CallForHelp&) {
    return ParseExit{0, app.help()};
  } catch (const CLI::CallForVersion& version) {
    return ParseExit{0, std::string(version.what()) + "\n"};
  } catch (const CLI::ParseError& error) {
    return WrongUse(error.what());
  } catch (const ConfigurationError& error) {
    return WrongUse(error.what());
  }
}

}  // namespace containercollector::server
