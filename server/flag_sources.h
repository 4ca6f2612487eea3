// SPDX-License-Identifier: Apache-2.0

/// Flags that can also be set in the environment and in a file.
#ifndef CONTAINERCOLLECTOR_SERVER_FLAG_SOURCES_H_
#define CONTAINERCOLLECTOR_SERVER_FLAG_SOURCES_H_

#include <map>
#include <stdexcept>
#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
class Option;
}  // namespace CLI

namespace containercollector::server {

/// A configuration that cannot be used. The text names the source.
class ConfigurationError : public std::runtime_error {
 public:
  ConfigurationError(const std::string& source, const std::string& text)
      : std::runtime_error(source + ": " + text) {}
};

/// Sets the flags that the command line leaves open, and knows where each got
/// its value. Precedence: command line, environment, file.
class FlagSources {
 public:
  /// @param app Has parsed the command line. Its configurable options are the
  /// flags.
  explicit FlagSources(CLI::App& app);

  /// Sets flags from CONTAINER_COLLECTOR_* variables.
  /// @throws ConfigurationError
  void ReadEnvironment();

  /// Sets flags from a file with one `name=value` in each line.
  /// @param source What names the file, for the error text.
  /// @throws ConfigurationError
  void ReadFile(const std::string& path, const std::string& source);

  /// Returns where a flag got its value: "--port", "CONTAINER_COLLECTOR_PORT"
  /// or "FILE:LINE: port"; `otherwise` if it has its default.
  std::string Of(const std::string& flag, const std::string& otherwise) const;
  std::string Of(const std::string& flag) const { return Of(flag, flag); }

  /// Returns the variable of a flag: "CONTAINER_COLLECTOR_PORT" for "--port".
  static std::string VariableOf(const std::string& flag);

 private:
  void ReadLine(const std::string& line, const std::string& position);
  void Set(CLI::Option& option, const std::string& value,
           const std::string& source);

  CLI::App& app_;
  std::map<std::string, std::string> sources_;  // By flag.
};

}  // namespace containercollector::server

#endif  // CONTAINERCOLLECTOR_SERVER_FLAG_SOURCES_H_
