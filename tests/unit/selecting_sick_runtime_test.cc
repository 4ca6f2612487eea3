// SPDX-License-Identifier: Apache-2.0

/// Which runtime is chosen while one of them hangs or fails.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/unit/candidates.h"

using namespace containercollector;
using namespace containercollector::test;

TEST_CASE("An empty runtime does not take the place of one that ran pods") {
  Candidates candidates({Lists({OfPod("a1")}), Lists({})});
  candidates.List();
  candidates['a'].list_error.emplace(ErrorCode::kCannotConnect, "Is a up?");
  candidates.Vanish("a");
  const Error error = candidates.Fails();
  CHECK(error.code() == ErrorCode::kCannotConnect);
  CHECK(error.what() ==
        std::string("Is a up? Others respond, but list no running Kubernetes "
                    "containers: b."));
  CHECK(candidates.Fails(Limit(1)).code() == ErrorCode::kCannotConnect);
  candidates['a'].list_error.reset();
  candidates.Appear("a");
  CHECK(candidates.List() == Ids{"a1"});
}

TEST_CASE("A chosen runtime that hangs or fails is still the one to ask") {
  for (const ErrorCode code :
       {ErrorCode::kTimeout, ErrorCode::kDaemonError,
        ErrorCode::kResponseTruncated, ErrorCode::kResponseTooLarge}) {
    CAPTURE(ToString(code));
    Candidates candidates({Lists({OfPod("a1")}), Lists({OfPod("b1")})});
    candidates.List();
    candidates.Asked();
    candidates['a'].list_error.emplace(code, "sick");
    CHECK(candidates.Fails().what() == std::string("sick"));
    CHECK(candidates.Fails(Limit(1)).what() == std::string("sick"));
    CHECK(candidates.Asked() == Counts{2, 0});
    // Not either when it is time to choose again.
    candidates.Replace("b");
    CHECK(candidates.Fails().code() == code);
    CHECK(candidates.runtime().endpoint() == "a");
    candidates['a'].list_error.reset();
    CHECK(candidates.List() == Ids{"a1"});
  }
}

TEST_CASE("A candidate that hangs hides no runtime with running pods") {
  Candidates candidates({Hangs(), Lists({}), Lists({OfPod("c1")}), Hangs()});
  CHECK(candidates.List() == Ids{"c1"});
  CHECK(candidates.Asked() == Counts{1, 1, 1, 0});
  CHECK(candidates.List(Limit(1)) == Ids{"c1"});
  CHECK(candidates.Asked() == Counts{0, 0, 1, 0});
}

TEST_CASE("A candidate that hangs is the result if no other runs pods") {
  Behaviour other;
  SECTION("an empty one") {}
  SECTION("one with containers of its own") {
    other.containers = {Plain("b1")};
  }
  SECTION("one with pods of the past") {
    other.containers = {OfPod("b1", std::string(kStateExited))};
  }
  Candidates candidates({Hangs("a hangs."), std::move(other)});
  const Error error = candidates.Fails();
  CHECK(error.code() == ErrorCode::kTimeout);
  CHECK(error.what() ==
        std::string("a hangs. Others respond, but list no running Kubernetes "
                    "containers: b."));
  CHECK(candidates.Fails(Limit(1)).code() == ErrorCode::kTimeout);
  CHECK(candidates.runtime().endpoint().empty());
  candidates['a'] = Lists({OfPod("a1")});
  CHECK(candidates.List() == Ids{"a1"});
}

TEST_CASE("A later candidate that hangs is the result too") {
  Candidates candidates({Lists({}), Hangs("b hangs")});
  CHECK(candidates.Fails().what() ==
        std::string("b hangs. Others respond, but list no running Kubernetes "
                    "containers: a."));
}

TEST_CASE("A candidate whose list fails, but which responds, is the result") {
  for (const ErrorCode code :
       {ErrorCode::kDaemonError, ErrorCode::kResponseTruncated,
        ErrorCode::kResponseTooLarge, ErrorCode::kResponseMalformed}) {
    CAPTURE(ToString(code));
    Candidates candidates({ListFails(code, "too many."), Lists({Plain("b1")})});
    const Error error = candidates.Fails();
    CHECK(error.code() == code);
    CHECK(error.what() ==
          std::string("too many. Others respond, but list no running "
                      "Kubernetes containers: b."));
    CHECK(candidates['a'].pings == 1);
    candidates['b'].containers = {OfPod("b1")};
    CHECK(candidates.List() == Ids{"b1"});
  }
}

TEST_CASE("A candidate gets a share of the time, then all that is left") {
  using std::chrono::minutes;
  Candidates candidates({Hangs(), Lists({}), Lists({})});
  CHECK(candidates.Fails().code() == ErrorCode::kTimeout);
  const auto& limits = candidates['a'].limits;
  REQUIRE(limits.size() == 2);
  CHECK(limits[0] <= minutes(15));
  CHECK(limits[1] > minutes(50));
  CHECK(candidates['b'].limits.at(0) <= minutes(15));

  // A slow one that responds at the second attempt is chosen.
  CallOptions call;
  call.deadline = std::chrono::steady_clock::now() + minutes(20);
  candidates['a'] = Lists({OfPod("a1")});
  CHECK(candidates.runtime().ListContainers({}, call).size() == 1);
  CHECK(candidates['a'].limits.at(0) <= minutes(5));
  // The chosen one has all the time.
  CHECK(candidates.runtime().ListContainers({}, call).size() == 1);
  CHECK(candidates['a'].limits.at(1) > minutes(15));
}
