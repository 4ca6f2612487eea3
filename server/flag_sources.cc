// SPDX-License-Identifier: Apache-2.0

#include "server/flag_sources.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>
#include <vector>

namespace containercollector::server {

FlagSources::FlagSources(CLI::App& app) : app_(app) {
  for (const CLI::Option* option : app_.get_options()) {
    const std::string flag = option->get_name();
    if (option->count() > 0) sources_.emplace(flag, flag);
  }
}

// CLI11 could read both sources, but with the file above the environment, and
// with errors that name neither.
void FlagSources::ReadEnvironment() {
  for (CLI::Option* const option : app_.get_options()) {
    const std::string flag = option->get_name();
    if (!option->get_configurable() || sources_.count(flag) > 0) continue;
    const std::string variable = VariableOf(flag);
    const char* const value = std::getenv(variable.c_str());
    if (value != nullptr && *value != '\0') Set(*option, value, variable);
  }
}

void FlagSources::ReadFile(const std::string& path, const std::string& source) {
  std::ifstream file(path);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number)
    ReadLine(line, path + ":" + std::to_string(number));
  if (!file.eof()) {
    const std::error_code error(errno, std::generic_category());
    throw ConfigurationError(source,
                             "cannot read " + path + ": " + error.message());
  }
}

void FlagSources::ReadLine(const std::string& line,
                           const std::string& position) {
  std::istringstream stream(line);
  for (const CLI::ConfigItem& item :
       app_.get_config_formatter()->from_config(stream)) {
    const std::string flag = "--" + item.name;
    CLI::Option* const option = app_.get_option_no_throw(flag);
    if (!item.parents.empty() || option == nullptr ||
        !option->get_configurable()) {
      throw ConfigurationError(
          position, "unknown flag \"" + item.fullname() +
                        "\": write one flag in each line without its dashes, "
                        "e.g. port=8091");
    }
    const auto source = sources_.find(flag);
    if (source != sources_.end()) {
      // The command line and the environment take precedence.
      if (source->second == flag || source->second == VariableOf(flag))
        continue;
      throw ConfigurationError(
          position,
          "\"" + item.name + "\" is set twice, first in " + source->second);
    }
    Set(*option, CLI::detail::join(item.inputs, ","),
        position + ": " + item.name);
  }
}

void FlagSources::Set(CLI::Option& option, const std::string& value,
                      const std::string& source) {
  const std::string flag = option.get_name();
  sources_[flag] = source;
  try {
    option.add_result(value);
    option.run_callback();
  } catch (const CLI::ParseError& error) {
    std::string text = error.what();
    if (text.rfind(flag + ": ", 0) == 0) text.erase(0, flag.size() + 2);
    throw ConfigurationError(source, text);
  }
}

std::string FlagSources::Of(const std::string& flag,
                            const std::string& otherwise) const {
  const auto source = sources_.find(flag);
  return source == sources_.end() ? otherwise : source->second;
}

std::string FlagSources::VariableOf(const std::string& flag) {
  std::string name = "CONTAINER_COLLECTOR_" + flag.substr(2);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return c == '-' ? '_' : static_cast<char>(std::toupper(c));
  });
  return name;
}

}  // namespace containercollector::server
