// SPDX-License-Identifier: Apache-2.0

#include <sstream>

#include "tests/integration/node.h"

using namespace containercollector;
using namespace containercollector::test;
using std::chrono::milliseconds;

namespace {

RuntimeOptions ImpatientOptions() {
  RuntimeOptions options;
  options.timeout = milliseconds(300);
  return options;
}

std::string LateText(const Node& node, const std::string& bytes) {
  return "The Docker daemon at " + node.host() +
         " did not finish its answer to GET /v1.40/containers/json within "
         "300ms (" +
         bytes +
         " bytes came). It may hang: look at its log, or allow more time.";
}

}  // namespace

TEST_CASE("A call of a daemon that never responds ends at the timeout") {
  Node node(ImpatientOptions());
  SECTION("it reads the request") { node.Start(NeverRespond()); }
  SECTION("it reads nothing") {
    DaemonOptions options;
    options.behaviour = Behaviour::kNeverReads;
    node.Start(GoodDaemon(), options);
  }
  SECTION("it accepts nothing") {
    DaemonOptions options;
    options.behaviour = Behaviour::kNeverAccepts;
    node.Start(GoodDaemon(), options);
  }
  SECTION("it sends the head and no body") {
    node.Start([](const Request&, Exchange& exchange) {
      exchange.Send(HeadOf(GoodResponse()));
      exchange.Hang();
    });
  }
  SECTION("it sends headers without an end") {
    node.Start([](const Request&, Exchange& exchange) {
      exchange.Send(HeadWithoutEnd(GoodResponse()));
      exchange.Hang();
    });
  }
  CheckFailed(node.Post(), ErrorCode::kTimeout, LateText(node, "0"));
  CheckRecovers(node);
}

TEST_CASE(
    "A call of a daemon that sends byte by byte ends at the timeout, and the "
    "text counts the bytes") {
  Node node(ImpatientOptions());
  // The first byte arrives at once, the second after a second.
  node.Start([](const Request&, Exchange& exchange) {
    exchange.Send(HeadOf(GoodResponse()));
    exchange.SendSlowly(kOneContainer, milliseconds(1000));
  });
  CheckFailed(node.Post(), ErrorCode::kTimeout, LateText(node, "1"));
  CheckRecovers(node);
}

TEST_CASE("A slow response that ends before the timeout is whole") {
  Node node;
  node.Start(RespondSlowly(GoodResponse(), milliseconds(1)));
  CheckCollected(node.Post());
}

TEST_CASE("A timeout of whole seconds is written in seconds") {
  RuntimeOptions options;
  options.timeout = std::chrono::seconds(1);
  Node node(options);
  node.Start(NeverRespond());
  CHECK(node.Post().body.find(" within 1s (0 bytes came)") !=
        std::string::npos);
}
