// SPDX-License-Identifier: Apache-2.0

#include <future>

#include "tests/integration/node.h"
#include "tests/support/environment.h"

using namespace containercollector;
using namespace containercollector::test;

namespace {

Processor ProcessorOf(const std::string& host) {
  RuntimeOptions options = Node::PatientOptions();
  options.docker_endpoint = host;
  return Processor(DockerClient(options));
}

}  // namespace

TEST_CASE("A daemon is reached by TCP") {
  ScriptedDaemon daemon(LoopbackTcp{}, GoodDaemon());
  const std::string address =
      daemon.Host().substr(std::string("tcp://").size());
  CheckCollected(
      ProcessorOf("tcp://" + address).Handle("POST", Processor::kArrayPath));
  CheckCollected(ProcessorOf("http://" + address + "/")
                     .Handle("POST", Processor::kArrayPath));
  CHECK(daemon.Requests().at(0).Header("Host") == address);
}

TEST_CASE("The path of the endpoint precedes every target") {
  ScriptedDaemon daemon(LoopbackTcp{}, RespondWith(GoodResponse()));
  const std::string address =
      daemon.Host().substr(std::string("tcp://").size());
  CheckCollected(ProcessorOf("http://" + address + "/proxy/docker")
                     .Handle("POST", Processor::kArrayPath));
  CHECK(daemon.Requests().at(0).target ==
        "/proxy/docker/v1.40/containers/json?all=1");
}

TEST_CASE("A TCP port on which nothing listens is a failure to connect") {
  std::string host;
  {
    const ScriptedDaemon daemon(LoopbackTcp{}, GoodDaemon());
    host = daemon.Host();
  }
  CheckFailed(ProcessorOf(host).Handle("POST", Processor::kArrayPath),
              ErrorCode::kCannotConnect,
              "Cannot connect to the Docker daemon at " + host +
                  ". Is the docker daemon running?");
}

TEST_CASE("A connection that is reset before a response is truncated") {
  ScriptedDaemon daemon(LoopbackTcp{}, ResetWithoutResponse());
  CheckFailed(ProcessorOf(daemon.Host()).Handle("POST", Processor::kArrayPath),
              ErrorCode::kResponseTruncated,
              "The Docker daemon at " + daemon.Host() +
                  " closed the connection without an answer to GET "
                  "/v1.40/containers/json. It may have been stopped or "
                  "restarted: try again, then look at its log.");
}

TEST_CASE("A host name without an address has its own text") {
  const Response response =
      ProcessorOf("tcp://a..b:2375").Handle("POST", Processor::kArrayPath);
  CheckFailed(response, ErrorCode::kCannotConnect,
              "Cannot connect to the Docker daemon at "
              "tcp://a..b:2375: Could not resolve host: "
              "a..b. Check the name of the host.");
}

TEST_CASE("The proxies of the environment are not used") {
  const ScopedEnvironment http_proxy{{"http_proxy", "http://127.0.0.1:1"}};
  const ScopedEnvironment all_proxy{{"ALL_PROXY", "http://127.0.0.1:1"}};
  ScriptedDaemon daemon(LoopbackTcp{}, GoodDaemon());
  CheckCollected(
      ProcessorOf(daemon.Host()).Handle("POST", Processor::kArrayPath));
}

TEST_CASE("A timeout below the connect timeout is the one in the text") {
  ScriptedDaemon daemon(LoopbackTcp{}, GoodDaemon());
  RuntimeOptions options;
  options.timeout = std::chrono::milliseconds(300);
  options.docker_endpoint =
      "https://" + daemon.Host().substr(std::string("tcp://").size());
  CheckFailed(
      Processor(DockerClient(options)).Handle("POST", Processor::kArrayPath),
      ErrorCode::kTimeout,
      "No connection to the Docker daemon at " + options.docker_endpoint +
          " within 300ms. Check that its machine is up, that no "
          "firewall blocks it and that it speaks TLS there.");
}

TEST_CASE(
    "A connection over its time limit is told apart from a late response") {
  // This daemon waits for a request, and the client for a TLS handshake.
  ScriptedDaemon daemon(LoopbackTcp{}, GoodDaemon());
  RuntimeOptions options;
  options.timeout = std::chrono::hours(1);
  options.connect_timeout = std::chrono::milliseconds(300);
  options.docker_endpoint =
      "https://" + daemon.Host().substr(std::string("tcp://").size());
  Cancellation cancellation;
  CallOptions call;
  call.cancellation = &cancellation;
  auto response = std::async(std::launch::async, [&] {
    return Processor(DockerClient(options)).Collect({}, call);
  });
  // Not after the whole timeout, whatever the text says.
  CHECK(response.wait_for(kGenerous) == std::future_status::ready);
  cancellation.Cancel();
  CheckFailed(response.get(), ErrorCode::kTimeout,
              "No connection to the Docker daemon at " +
                  options.docker_endpoint +
                  " within 300ms. Check that its machine is up, that no "
                  "firewall blocks it and that it speaks TLS there.");
}
