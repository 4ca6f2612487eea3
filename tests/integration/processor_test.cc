// SPDX-License-Identifier: Apache-2.0

// Both routes of the processor against a daemon.

#include "containercollector/processor.h"

#include <string>

#include "tests/integration/node.h"

using namespace containercollector;
using namespace containercollector::test;

namespace {

Response PostForObject(const Node& node, const std::string& query = "") {
  return node.PostTo(std::string(Processor::kObjectPath) + query);
}

}  // namespace

TEST_CASE("The second route holds the array as a string under one key") {
  Node node;
  ScriptedDaemon& daemon = node.Start(GoodDaemon());
  const Response response = PostForObject(node, "?limit=3");
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json");
  CHECK(response.container_count == 1);
  CHECK(response.body ==
        WrapContainers(kOneContainer, "collector.kubernetes.container.list"));
  CHECK(daemon.Requests().at(0).query == "all=1&limit=3");
  CHECK(PostForObject(node, "?key=pods").body ==
        WrapContainers(kOneContainer, "pods"));
}

TEST_CASE("A failure on the second route is plain text and not wrapped") {
  Node node;
  CheckFailed(PostForObject(node), ErrorCode::kCannotConnect,
              "Cannot connect to the Docker daemon at " + node.host() +
                  ". Is the docker daemon running?");
  ScriptedDaemon& daemon = node.Start(GoodDaemon());
  CHECK(PostForObject(node, "?limit=x").status == 400);
  CHECK(daemon.ConnectionsOpened() == 0);
}

TEST_CASE("A collection ends if its call is cancelled") {
  Node node;
  node.Start(GoodDaemon());
  Cancellation cancellation;
  cancellation.Cancel();
  CallOptions call;
  call.cancellation = &cancellation;
  RuntimeOptions options;
  options.docker_endpoint = node.host();
  const Processor processor{DockerClient(options)};
  CHECK(processor.Collect({}, call).error == ErrorCode::kCancelled);
  CHECK(processor.Handle("POST", Processor::kArrayPath, call).error ==
        ErrorCode::kCancelled);
}
