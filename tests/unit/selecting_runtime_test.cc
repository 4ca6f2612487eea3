// SPDX-License-Identifier: Apache-2.0

/// Which runtime is chosen.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/unit/candidates.h"

using namespace containercollector;
using namespace containercollector::test;

TEST_CASE("The first runtime that lists Kubernetes containers is chosen") {
  Candidates candidates({Lists({}), Lists({Plain("b1")}),
                         Lists({Plain("c1"), OfPod("c2")}),
                         Lists({OfPod("d1")})});
  CHECK(candidates.runtime().endpoint().empty());
  CHECK(candidates.runtime().Choice().endpoint.empty());
  CHECK(candidates.List() == Ids{"c1", "c2"});
  CHECK(candidates.runtime().endpoint() == "c");
  CHECK(candidates.runtime().Choice().endpoint == "c");
  CHECK(candidates.Reason() == "it lists Kubernetes containers");
  CHECK(candidates.Asked() == Counts{1, 1, 1, 0});
}

TEST_CASE("Without Kubernetes containers, the first that lists any is chosen") {
  Candidates candidates(
      {Lists({}), Lists({Plain("b1")}), Lists({Plain("c1")})});
  CHECK(candidates.List() == Ids{"b1"});
  CHECK(candidates.Reason() ==
        "it is the first that lists containers, and none lists Kubernetes "
        "containers");
}

TEST_CASE("Without any container, the first that responds is chosen") {
  Candidates candidates(
      {Fails(ErrorCode::kCannotConnect, "refused"), Lists({}), Lists({})});
  CHECK(candidates.List().empty());
  CHECK(candidates.runtime().endpoint() == "b");
  CHECK(candidates.Reason() ==
        "it is the first that responds, and none lists containers");
}

TEST_CASE("Labels that the CRI client adds do not make a pod's container") {
  Container sandbox = Plain("a1");
  sandbox.labels.emplace(std::vector<StringMap::value_type>{
      {std::string(kPodContainerTypeLabel), "podsandbox"},
      {std::string(kPodContainerNameLabel), "POD"}});
  Container container = Plain("a2");
  container.labels.emplace(std::vector<StringMap::value_type>{
      {std::string(kPodContainerTypeLabel), "container"},
      {"io.kubernetes.sandbox.id", "a1"}});
  Candidates candidates({Lists({sandbox, container}), Lists({OfPod("b1")})});
  CHECK(candidates.List() == Ids{"b1"});
}

TEST_CASE("A runtime alone is chosen, and there is nothing to explain") {
  Candidates candidates({Lists({}), Lists({Plain("b1")})});
  candidates.Vanish("a");
  CHECK(candidates.List() == Ids{"b1"});
  CHECK(candidates.List(Limit(1)) == Ids{"b1"});
  CHECK(candidates.runtime().endpoint() == "b");
  CHECK(candidates.Reason().empty());
  CHECK(candidates.Asked() == Counts{0, 2});
}

TEST_CASE("Candidates that fail do not count, and are no reason") {
  for (const ErrorCode code :
       {ErrorCode::kCannotConnect, ErrorCode::kPermissionDenied,
        ErrorCode::kTlsFailed, ErrorCode::kResponseTruncated,
        ErrorCode::kResponseMalformed, ErrorCode::kRequestRejected,
        ErrorCode::kDaemonError}) {
    CAPTURE(ToString(code));
    Candidates candidates({Fails(code, "no."), Lists({Plain("b1")})});
    CHECK(candidates.List() == Ids{"b1"});
    CHECK(candidates.Reason().empty());
  }
}

TEST_CASE("If no runtime responds, the error says why of each") {
  Candidates candidates({Lists({}), Fails(ErrorCode::kCannotConnect, "Is b?"),
                         Fails(ErrorCode::kDaemonError, "c has no CRI."),
                         Lists({})});
  candidates.Vanish("a");
  candidates.Vanish("d");
  const Error error = candidates.Fails();
  CHECK(error.what() ==
        std::string("Cannot find a container runtime. Is b? c has no CRI. "
                    "These sockets do not exist: a, d. Is a container runtime "
                    "running? If it listens elsewhere, name its endpoint."));
  CHECK(error.code() == ErrorCode::kCannotConnect);
  CHECK(candidates.runtime().endpoint().empty());

  candidates['b'].list_error.emplace(ErrorCode::kPermissionDenied, "Denied.");
  candidates.Vanish("c");
  const Error denied = candidates.Fails();
  CHECK(denied.what() ==
        std::string("Cannot find a container runtime. Denied. These sockets do "
                    "not exist: a, c, d. Is a container runtime running? If it "
                    "listens elsewhere, name its endpoint."));
  CHECK(denied.code() == ErrorCode::kPermissionDenied);

  candidates.Vanish("b");
  CHECK(candidates.Fails().what() ==
        std::string("Cannot find a container runtime. These sockets do not "
                    "exist: a, b, c, d. Is a container runtime running? If it "
                    "listens elsewhere, name its endpoint."));
}

TEST_CASE("A choice is kept without asking others") {
  Candidates candidates({Lists({}), Lists({OfPod("b1")}), Lists({})});
  candidates.List();
  candidates.Asked();
  candidates['a'].containers = {OfPod("a1")};
  for (int i = 0; i < 3; ++i) CHECK(candidates.List() == Ids{"b1"});
  CHECK(candidates.List(Limit(1)) == Ids{"b1"});
  CHECK(candidates.Asked() == Counts{0, 4, 0});
}

TEST_CASE("A runtime that lists no pods any more is chosen no more") {
  Candidates candidates({Lists({}), Lists({OfPod("b1")}), Lists({})});
  candidates.List();
  candidates['b'].containers = {Plain("b1")};
  candidates['c'].containers = {OfPod("c1")};
  CHECK(candidates.List() == Ids{"c1"});
  CHECK(candidates.runtime().endpoint() == "c");
}

TEST_CASE("While no runtime lists pods, each list looks for them") {
  Candidates candidates({Lists({}), Lists({})});
  CHECK(candidates.List().empty());
  CHECK(candidates.runtime().endpoint() == "a");
  candidates['b'].containers = {OfPod("b1"), OfPod("b2")};
  SECTION("a whole list") { CHECK(candidates.List() == Ids{"b1", "b2"}); }
  SECTION("a narrowed one") {
    CHECK(candidates.List(Limit(5)) == Ids{"b1", "b2"});
  }
  CHECK(candidates.runtime().endpoint() == "b");
}

TEST_CASE("A runtime that refuses connections is chosen no more") {
  Candidates candidates({Lists({OfPod("a1")}), Lists({Plain("b1")})});
  candidates.List();
  candidates['a'].list_error.emplace(ErrorCode::kCannotConnect, "refused");
  SECTION("with its socket") {}
  SECTION("without its socket") { candidates.Vanish("a"); }
  SECTION("for a narrowed list") {
    CHECK(candidates.List(Limit(1)) == Ids{"b1"});
  }
  CHECK(candidates.List() == Ids{"b1"});
  CHECK(candidates.runtime().endpoint() == "b");
  candidates.Replace("a");
  candidates['a'].list_error.reset();
  CHECK(candidates.List() == Ids{"a1"});
}

TEST_CASE("If another socket appears or is replaced, the choice is made anew") {
  Candidates candidates({Lists({OfPod("a1")}), Lists({OfPod("b1")})});
  candidates.Vanish("a");
  CHECK(candidates.List() == Ids{"b1"});
  CHECK(candidates.Reason().empty());
  SECTION("appears") { candidates.Appear("a"); }
  SECTION("is replaced") {
    candidates['a'].list_error.emplace(ErrorCode::kCannotConnect, "refused");
    candidates.Appear("a");
    CHECK(candidates.List() == Ids{"b1"});
    candidates['a'].list_error.reset();
    CHECK(candidates.List() == Ids{"b1"});
    candidates.Replace("a");
  }
  CHECK(candidates.List(Limit(1)) == Ids{"a1"});
  CHECK(candidates.runtime().endpoint() == "a");
  CHECK(candidates.Reason() == "it lists Kubernetes containers");
}

TEST_CASE("A chosen runtime whose socket is replaced stays chosen") {
  Candidates candidates({Lists({}), Lists({OfPod("b1")})});
  candidates.List();
  candidates.Asked();
  candidates.Replace("b");
  CHECK(candidates.List() == Ids{"b1"});
  candidates.Vanish("a");
  CHECK(candidates.List() == Ids{"b1"});
  CHECK(candidates.Asked() == Counts{0, 2});
}

TEST_CASE("Only what the chosen runtime lacks is reported") {
  Behaviour loser = Lists({Plain("a1")});
  loser.incomplete.emplace(ErrorCode::kTimeout, "a lacks");
  Behaviour winner = Lists({OfPod("b1")});
  winner.incomplete.emplace(ErrorCode::kTimeout, "b lacks");
  Candidates candidates({loser, winner});
  std::vector<std::string> reports;
  CallOptions call;
  call.on_incomplete = [&](const Error& error) {
    reports.emplace_back(error.what());
  };
  SECTION("of a whole list") {
    (void)candidates.runtime().ListContainers({}, call);
  }
  SECTION("of a narrowed list") {
    (void)candidates.runtime().ListContainers(Limit(1), call);
  }
  CHECK(reports == std::vector<std::string>{"b lacks"});
  (void)candidates.runtime().ListContainers({}, call);
  CHECK(reports == std::vector<std::string>{"b lacks", "b lacks"});
}

TEST_CASE("A cancelled call asks no further candidate") {
  Candidates candidates(
      {Fails(ErrorCode::kCancelled, "cancelled"), Lists({OfPod("b1")})});
  CHECK(candidates.Fails().code() == ErrorCode::kCancelled);
  CHECK(candidates.Asked() == Counts{1, 0});
}

TEST_CASE("What the visitor throws reaches the caller, and ends the call") {
  Candidates candidates({Lists({OfPod("a1"), OfPod("a2")}), Lists({})});
  int visits = 0;
  const Error error = ErrorOf([&] {
    candidates.runtime().ForEachContainer({}, [&](Container&) {
      ++visits;
      throw Error(ErrorCode::kCannotConnect, "visitor");
    });
  });
  CHECK(error.what() == std::string("visitor"));
  CHECK(visits == 1);
  CHECK(candidates.Asked() == Counts{1, 0});
}

TEST_CASE("A ping goes to the chosen runtime") {
  Candidates candidates({Lists({}), Lists({OfPod("b1")})});
  CHECK(candidates.runtime().Ping().api_version == "b");
}

TEST_CASE("Without a socket file, a candidate may always exist") {
  Behaviour behaviour = Lists({Plain("a1")});
  std::vector<RuntimeCandidate> candidates;
  candidates.push_back(
      {std::make_unique<FakeRuntime>("tcp://a", behaviour), ""});
  candidates.push_back(
      {std::make_unique<FakeRuntime>("unix:///nowhere", behaviour),
       "/nowhere"});
  const SelectingRuntime runtime(std::move(candidates), std::chrono::hours(1));
  CHECK(runtime.ListContainers().size() == 1);
  CHECK(runtime.endpoint() == "tcp://a");
}
