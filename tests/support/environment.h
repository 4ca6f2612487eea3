// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_ENVIRONMENT_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_ENVIRONMENT_H_

#include <initializer_list>
#include <map>
#include <optional>
#include <string>

namespace containercollector::test {

/// Environment variables and their values.
using Environment = std::map<std::string, std::string>;

/// The environment of this process, without the variables that Docker, Podman
/// and their clients read, and with `variables` added.
Environment EnvironmentWith(const Environment& variables);

/// Changes the environment of this process until it goes out of scope: removes
/// the variables that Docker, Podman and their clients read, and sets others.
///
/// Not thread-safe. Guards may be nested.
class ScopedEnvironment {
 public:
  /// @throws std::system_error if a name is empty or contains "=".
  ScopedEnvironment(std::initializer_list<Environment::value_type> variables);
  ~ScopedEnvironment();

  ScopedEnvironment(const ScopedEnvironment&) = delete;
  ScopedEnvironment& operator=(const ScopedEnvironment&) = delete;

 private:
  void Remember(const std::string& name);

  std::map<std::string, std::optional<std::string>> before_;
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_ENVIRONMENT_H_
