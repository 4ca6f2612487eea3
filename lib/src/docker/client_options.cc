// SPDX-License-Identifier: Apache-2.0

#include "containercollector/client_options.h"

#include <cstdlib>

namespace containercollector {
namespace {

std::string FromEnvironmentOr(const char* name, const std::string& value) {
  const char* const text = std::getenv(name);
  return text != nullptr && *text != '\0' ? text : value;
}

}  // namespace

ClientOptions ClientOptions::FromEnvironment() {
  ClientOptions options;
  options.endpoint = FromEnvironmentOr("DOCKER_HOST", options.endpoint);
  options.api_version = FromEnvironmentOr("DOCKER_API_VERSION", "");
  const std::string directory = FromEnvironmentOr("DOCKER_CERT_PATH", "");
  if (!directory.empty()) {
    TlsOptions tls;
    tls.ca_file = directory + "/ca.pem";
    tls.cert_file = directory + "/cert.pem";
    tls.key_file = directory + "/key.pem";
    tls.verify = !FromEnvironmentOr("DOCKER_TLS_VERIFY", "").empty();
    options.tls = tls;
  }
  return options;
}

}  // namespace containercollector
