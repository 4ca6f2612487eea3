// SPDX-License-Identifier: Apache-2.0

#include "tests/support/environment.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "tests/support/system_call.h"

namespace containercollector::test {
namespace {

constexpr const char* kEngineVariables[] = {
    "DOCKER_HOST",        "DOCKER_CONTEXT",  "DOCKER_CONFIG",
    "DOCKER_CERT_PATH",   "DOCKER_TLS",      "DOCKER_TLS_VERIFY",
    "DOCKER_API_VERSION", "CONTAINER_HOST",  "CONTAINERS_CONF",
    "STORAGE_DRIVER",     "XDG_RUNTIME_DIR", "NOTIFY_SOCKET"};

}  // namespace

Environment EnvironmentWith(const Environment& variables) {
  Environment environment = variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    // Does not replace what the caller set.
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  for (const char* name : kEngineVariables) {
    if (variables.count(name) == 0) environment.erase(name);
  }
  return environment;
}

ScopedEnvironment::ScopedEnvironment(
    std::initializer_list<Environment::value_type> variables) {
  for (const char* name : kEngineVariables) {
    Remember(name);
    CheckSystemCall(::unsetenv(name), "unsetenv");
  }
  for (const auto& [name, value] : variables) {
    Remember(name);
    CheckSystemCall(::setenv(name.c_str(), value.c_str(), /*overwrite=*/1),
                    "setenv " + name);
  }
}

ScopedEnvironment::~ScopedEnvironment() {
  for (const auto& [name, value] : before_) {
    if (value) {
      static_cast<void>(::setenv(name.c_str(), value->c_str(), 1));
    } else {
      static_cast<void>(::unsetenv(name.c_str()));
    }
  }
}

void ScopedEnvironment::Remember(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  before_.emplace(name, value == nullptr ? std::optional<std::string>()
                                         : std::optional<std::string>(value));
}

}  // namespace containercollector::test
