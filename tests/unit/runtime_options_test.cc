// SPDX-License-Identifier: Apache-2.0

#include "containercollector/runtime_options.h"

#include <chrono>
#include <string>

#include "containercollector/container_runtime.h"
#include "containercollector/cri_client.h"
#include "containercollector/docker_client.h"
#include "containercollector/error.h"
#include "tests/support/catch.h"
#include "tests/support/error_of.h"
#include "tests/support/program.h"

using namespace containercollector;
using containercollector::test::ErrorOf;
using containercollector::test::ScopedEnvironment;

TEST_CASE("An empty environment means the local daemon without TLS") {
  const ScopedEnvironment environment =
      GENERATE(false, true) ? ScopedEnvironment{}
                            : ScopedEnvironment{{"DOCKER_HOST", ""},
                                                {"DOCKER_CERT_PATH", ""},
                                                {"DOCKER_TLS_VERIFY", ""},
                                                {"DOCKER_TLS", ""}};
  const RuntimeOptions options = RuntimeOptions::FromEnvironment();
  CHECK(options.docker_endpoint == "unix:///var/run/docker.sock");
  CHECK(options.api_version.empty());
  CHECK(options.api_version_origin == "RuntimeOptions::api_version");
  CHECK_FALSE(options.tls);
  CHECK(DockerClient().endpoint() == "unix:///var/run/docker.sock");
  CHECK(CriClient().endpoint() == "unix:///run/containerd/containerd.sock");
}

TEST_CASE("Docker's environment variables set the options") {
  const ScopedEnvironment environment{{"DOCKER_HOST", "tcp://node:2376"},
                                      {"DOCKER_API_VERSION", "v1.39"},
                                      {"DOCKER_CERT_PATH", "/certs"},
                                      {"DOCKER_TLS_VERIFY", "1"}};
  const RuntimeOptions options = RuntimeOptions::FromEnvironment();
  CHECK(options.docker_endpoint == "tcp://node:2376");
  CHECK(options.api_version == "v1.39");
  CHECK(options.api_version_origin == "DOCKER_API_VERSION");
  REQUIRE(options.tls);
  CHECK(options.tls->ca_file == "/certs/ca.pem");
  CHECK(options.tls->cert_file == "/certs/cert.pem");
  CHECK(options.tls->key_file == "/certs/key.pem");
  CHECK(options.tls->verify);
}

TEST_CASE("TLS uses the files of Docker's CLI, and verifies them if told so") {
  const auto files_with = [](const ScopedEnvironment& /*environment*/) {
    const auto tls = RuntimeOptions::FromEnvironment().tls;
    return tls ? tls->ca_file + (tls->verify ? " verified" : "") : "";
  };
  CHECK(files_with({{"DOCKER_CERT_PATH", "/certs"},
                    {"DOCKER_TLS_VERIFY", ""}}) == "/certs/ca.pem");
  CHECK(files_with({{"DOCKER_TLS_VERIFY", "1"}, {"HOME", "/home/me"}}) ==
        "/home/me/.docker/ca.pem verified");
  CHECK(files_with({{"DOCKER_TLS", "1"}, {"HOME", "/home/me"}}) ==
        "/home/me/.docker/ca.pem");
  CHECK(files_with({{"DOCKER_TLS_VERIFY", "1"},
                    {"HOME", "/home/me"},
                    {"DOCKER_CONFIG", "/etc/docker-cli"}}) ==
        "/etc/docker-cli/ca.pem verified");
  // The home of this user.
  CHECK(files_with({{"DOCKER_TLS_VERIFY", "1"}, {"HOME", ""}})
            .find("/.docker/ca.pem verified") != std::string::npos);
}

TEST_CASE("The error of an invalid option says what to write") {
  using std::chrono::microseconds;
  struct Case {
    void (*set)(RuntimeOptions&);
    const char* text;
  };
  for (const Case& one :
       {Case{[](RuntimeOptions& options) { options.api_version = "1"; },
             "invalid API version \"1\": write e.g. 1.40, or nothing to use "
             "what the daemon takes"},
        Case{[](RuntimeOptions& options) { options.timeout = microseconds(0); },
             "invalid timeout of 0ms: write at least 1ms and at most a year"},
        Case{[](RuntimeOptions& options) {
               options.timeout = microseconds(500);
             },
             "invalid timeout of 500000ns: write at least 1ms and at most a "
             "year"},
        Case{[](RuntimeOptions& options) {
               options.connect_timeout = std::chrono::hours(24 * 366);
             },
             "invalid connect timeout of 31622400000ms: write at least 1ms and "
             "at most a year"},
        Case{[](RuntimeOptions& options) { options.max_response_bytes = 0; },
             "invalid max response of 0 bytes: write 1 to 4294967295"},
        Case{[](RuntimeOptions& options) {
               options.tls.emplace().cert_file = "cert.pem";
             },
             "invalid TLS files: a client's certificate and its key go "
             "together, write both or neither"}}) {
    RuntimeOptions options;
    one.set(options);
    for (const RuntimeKind kind : {RuntimeKind::kDocker, RuntimeKind::kCri}) {
      options.kind = kind;
      const Error error = ErrorOf([&] { (void)MakeRuntime(options); });
      CHECK(error.code() == ErrorCode::kInvalidArgument);
      CHECK(error.what() == std::string(one.text));
    }
  }
}
