// SPDX-License-Identifier: Apache-2.0
#include "containercollector/call_options.h"

#include <chrono>
#include <thread>

#include "tests/integration/node.h"
#include "tests/support/error_of.h"

using namespace containercollector;
using namespace containercollector::test;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST_CASE("A call ends at its own deadline if that is before the timeout") {
  Node node;
  node.Start(NeverRespond());
  CallOptions call;
  call.deadline = steady_clock::now() + milliseconds(300);
  const Error error =
      ErrorOf([&] { return node.client().ListContainers({}, call); });
  CHECK(error.code() == ErrorCode::kTimeout);
  CHECK(std::string(error.what()).find("did not finish its answer to GET") !=
        std::string::npos);

  // A deadline after the timeout changes nothing.
  call.deadline = steady_clock::now() + std::chrono::hours(1);
  node.Start(GoodDaemon());
  CHECK(node.client().ListContainers({}, call).size() == 1);
}

TEST_CASE("A call whose deadline has passed fails") {
  Node node;
  node.Start(NeverRespond());
  CallOptions call;
  call.deadline = steady_clock::now() - std::chrono::seconds(1);
  CHECK(ErrorOf([&] { node.client().Ping(call); }).code() ==
        ErrorCode::kTimeout);
}

TEST_CASE("A call is cancelled from another thread while it waits") {
  Node node;
  ScriptedDaemon& daemon = node.Start(NeverRespond());
  Cancellation cancellation;
  CallOptions call;
  call.cancellation = &cancellation;
  std::thread canceller([&] {
    CHECK(daemon.WaitForRequests(1, kGenerous));
    cancellation.Cancel();
  });
  const Error error =
      ErrorOf([&] { return node.client().ListContainers({}, call); });
  canceller.join();
  CHECK(error.code() == ErrorCode::kCancelled);
  CHECK(error.what() ==
        "The request GET /v1.40/containers/json to the Docker daemon at " +
            node.host() + " was cancelled by its caller.");

  // Later calls with the same object are cancelled too, others are not.
  node.Start(GoodDaemon());
  CHECK(ErrorOf([&] {
          return node.client().ListContainers({}, call);
        }).code() == ErrorCode::kCancelled);
  CHECK(node.client().ListContainers().size() == 1);
}
