// SPDX-License-Identifier: Apache-2.0
/// A scripted daemon and a processor that calls it.
#ifndef CONTAINERCOLLECTOR_TESTS_INTEGRATION_NODE_H_
#define CONTAINERCOLLECTOR_TESTS_INTEGRATION_NODE_H_

#include <string>
#include <string_view>
#include <utility>

#include "containercollector/docker_client.h"
#include "containercollector/processor.h"
#include "tests/support/catch.h"
#include "tests/support/scripted_node.h"

namespace containercollector::test {

/// Returns options with a timeout that only a hung test reaches.
inline RuntimeOptions PatientOptions(std::string docker_endpoint = "") {
  RuntimeOptions options;
  options.timeout = kGenerous;
  options.docker_endpoint = std::move(docker_endpoint);
  return options;
}

/// Returns the response to a query of the array route.
inline Response Post(const Processor& processor, std::string_view query = "") {
  return processor.Handle(
      "POST", std::string(Processor::kArrayPath) + "?" + std::string(query));
}

inline Response Post(const RuntimeOptions& options) {
  return Post(Processor(DockerClient(options)));
}

/// A daemon that listens at a Unix socket.
class Node : public ScriptedNode {
 public:
  explicit Node(RuntimeOptions options = PatientOptions())
      : processor_(DockerClient(WithHost(std::move(options)))) {}

  const Processor& processor() const { return processor_; }
  const DockerClient& client() const {
    return dynamic_cast<const DockerClient&>(processor_.runtime());
  }

  Response Post(std::string_view query = "") const {
    return test::Post(processor_, query);
  }

 private:
  RuntimeOptions WithHost(RuntimeOptions options) const {
    options.docker_endpoint = host();
    return options;
  }

  Processor processor_;
};

inline void CheckCollected(const Response& response) {
  CHECK(response.body == kOneContainer);
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json");
  CHECK(response.headers.empty());
  CHECK(response.container_count == 1);
  CHECK_FALSE(response.error);
}

/// @param part A part of the text that tells the failure from others.
inline void CheckFailed(const Response& response, ErrorCode code,
                        const std::string& part) {
  CAPTURE(response.body, part);
  CHECK(response.body.find(part) != std::string::npos);
  CHECK(response.status == (code == ErrorCode::kRequestRejected ? 400 : 500));
  CHECK(response.content_type == "text/plain; charset=utf-8");
  CHECK(response.headers.empty());
  CHECK(response.container_count == 0);
  REQUIRE(response.error);
  CHECK(ToString(*response.error) == ToString(code));
}

/// Checks that the next request succeeds once the daemon is good.
inline void CheckRecovers(Node& node) {
  node.Start(GoodDaemon());
  CheckCollected(node.Post());
}

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_INTEGRATION_NODE_H_
