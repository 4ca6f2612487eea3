// SPDX-License-Identifier: Apache-2.0

#include "containercollector/runtime_options.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "containercollector/docker_client.h"
#include "containercollector/error.h"
#include "tests/support/catch.h"
#include "tests/support/error_of.h"
#include "tests/support/program.h"

using namespace containercollector;
using containercollector::test::ErrorOf;
using containercollector::test::ScopedEnvironment;

namespace {

std::string TextOfRejected(const RuntimeOptions& options) {
  const Error error = ErrorOf([&] { DockerClient client(options); });
  CHECK(error.code() == ErrorCode::kInvalidArgument);
  return error.what();
}

}  // namespace

TEST_CASE("An empty environment means the local daemon without TLS") {
  const ScopedEnvironment environment{};
  const RuntimeOptions options = RuntimeOptions::FromEnvironment();
  CHECK(options.docker_endpoint == "unix:///var/run/docker.sock");
  CHECK(options.api_version.empty());
  CHECK_FALSE(options.tls);
  CHECK(DockerClient().endpoint() == "unix:///var/run/docker.sock");
}

TEST_CASE("Docker's environment variables set the options") {
  const ScopedEnvironment environment{{"DOCKER_HOST", "tcp://node:2376"},
                                      {"DOCKER_API_VERSION", "1.39"},
                                      {"DOCKER_CERT_PATH", "/certs"},
                                      {"DOCKER_TLS_VERIFY", "1"}};
  const RuntimeOptions options = RuntimeOptions::FromEnvironment();
  CHECK(options.docker_endpoint == "tcp://node:2376");
  CHECK(options.api_version == "1.39");
  REQUIRE(options.tls);
  CHECK(options.tls->ca_file == "/certs/ca.pem");
  CHECK(options.tls->cert_file == "/certs/cert.pem");
  CHECK(options.tls->key_file == "/certs/key.pem");
  CHECK(options.tls->verify);
}

TEST_CASE(
    "The daemon need not prove who it is unless DOCKER_TLS_VERIFY is set") {
  const ScopedEnvironment environment{{"DOCKER_CERT_PATH", "/certs"},
                                      {"DOCKER_TLS_VERIFY", ""}};
  REQUIRE(RuntimeOptions::FromEnvironment().tls);
  CHECK_FALSE(RuntimeOptions::FromEnvironment().tls->verify);
}

TEST_CASE(
    "TLS without a directory of its files uses those of Docker's CLI, and is "
    "never left out") {
  const auto files_with = [](const ScopedEnvironment& /*environment*/) {
    const auto tls = RuntimeOptions::FromEnvironment().tls;
    return tls ? tls->ca_file + (tls->verify ? " verified" : "") : "";
  };
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

TEST_CASE("The text of a rejected API version names where it is set") {
  CHECK(RuntimeOptions{}.api_version_origin == "RuntimeOptions::api_version");
  const ScopedEnvironment environment{{"DOCKER_API_VERSION", "v1.41"}};
  const RuntimeOptions options = RuntimeOptions::FromEnvironment();
  CHECK(options.api_version == "v1.41");
  CHECK(options.api_version_origin == "DOCKER_API_VERSION");
  CHECK_NOTHROW(DockerClient(options));
}

TEST_CASE("Variables that are set but empty count as unset") {
  const ScopedEnvironment environment{{"DOCKER_HOST", ""},
                                      {"DOCKER_CERT_PATH", ""},
                                      {"DOCKER_TLS_VERIFY", ""},
                                      {"DOCKER_TLS", ""}};
  CHECK(RuntimeOptions::FromEnvironment().docker_endpoint ==
        "unix:///var/run/docker.sock");
  CHECK_FALSE(RuntimeOptions::FromEnvironment().tls);
}

TEST_CASE("DockerClient options that cannot be used say what to write") {
  RuntimeOptions options;
  SECTION("host") {
    options.docker_endpoint = "docker://";
    CHECK(TextOfRejected(options) ==
          "Docker endpoint \"docker://\" cannot be used: write unix:///path, "
          "tcp://host:port, http://host:port or "
          "https://host:port, e.g. unix:///var/run/docker.sock");
  }
  SECTION("API version") {
    options.api_version = "1";
    CHECK(TextOfRejected(options) ==
          "invalid API version \"1\": write e.g. 1.40, or nothing to use "
          "what the daemon takes");
  }
  SECTION("timeout") {
    options.timeout = std::chrono::milliseconds(0);
    CHECK(TextOfRejected(options) ==
          "invalid timeout of 0ms: write at least 1ms and at most a year");
  }
  SECTION("timeout below a millisecond") {
    options.timeout = std::chrono::microseconds(500);
    CHECK(TextOfRejected(options) ==
          "invalid timeout of 500000ns: write at least 1ms and at most a year");
  }
  SECTION("connect timeout") {
    options.connect_timeout = std::chrono::milliseconds(-1);
    CHECK(TextOfRejected(options) ==
          "invalid connect timeout of -1ms: write at least 1ms and at most a "
          "year");
  }
  SECTION("largest response") {
    options.max_response_bytes = 0;
    CHECK(TextOfRejected(options) ==
          "invalid max response of 0 bytes: write 1 to 4294967295");
  }
  SECTION("TLS files") {
    options.tls.emplace();
    options.tls->cert_file = "cert.pem";
    CHECK(TextOfRejected(options) ==
          "invalid TLS files: a client's certificate and its key go together, "
          "write both or neither");
  }
}
