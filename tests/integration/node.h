// SPDX-License-Identifier: Apache-2.0

/// A node with a scripted daemon, and a processor that calls it.
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

/// A scripted daemon and a processor that calls it.
class Node : public ScriptedNode {
 public:
  explicit Node(RuntimeOptions options = PatientOptions())
      : processor_(DockerClient(WithHost(std::move(options)))) {}

  static RuntimeOptions PatientOptions() {
    RuntimeOptions options;
    options.timeout = kGenerous;
    return options;
  }

  const DockerClient& client() const {
    return dynamic_cast<const DockerClient&>(processor_.runtime());
  }

  /// Returns the response of the array route to a query.
  Response Post(std::string_view query = "") const {
    return PostTo(std::string(Processor::kArrayPath) + "?" +
                  std::string(query));
  }

  /// Returns the response to a path and query.
  Response PostTo(std::string_view target) const {
    return processor_.Handle("POST", target);
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

inline void CheckFailed(const Response& response, ErrorCode code,
                        const std::string& text) {
  CHECK(response.body == text);
  CHECK(response.status == 500);
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
