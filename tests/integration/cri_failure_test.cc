// SPDX-License-Identifier: Apache-2.0

/// A runtime that cannot be called, or whose responses are malformed. The unit
/// tests of lib/src/failure.cc check the whole texts.

#include <chrono>
#include <functional>
#include <string>

#include "tests/integration/cri_node.h"
#include "tests/support/http_client.h"
#include "tests/support/scripted_daemon.h"

using namespace containercollector;
using namespace containercollector::test;
using namespace std::chrono_literals;
using End = RuntimeResponse::End;

namespace {

/// How a runtime changes a response.
struct Fault {
  std::function<void(RuntimeResponse&)> change;
  ErrorCode code;
  std::string part;  ///< Of the text; "@" is the call.
};

std::vector<Fault> Faults() {
  using R = RuntimeResponse;
  constexpr ErrorCode kCutOff = ErrorCode::kResponseTruncated;
  constexpr ErrorCode kMalformed = ErrorCode::kResponseMalformed;
  const auto cut = [](std::size_t bytes, End end) {
    return [=](R& response) {
      response.body.resize(bytes);
      response.end = end;
    };
  };
  return {
      {cut(7, End::kClose), kCutOff, " cut off its answer to @ after 7 "},
      {cut(0, End::kClose), kCutOff, " without an answer to @. It may "},
      {cut(0, End::kReset), kCutOff, " gave up its answer to @ after 0 "},
      {cut(9, End::kReset), kCutOff, " gave up its answer to @ after 9 "},
      {[](R& response) { response.end = End::kNoTrailers; }, kCutOff,
       " to @ ended without a gRPC status after "},
      // tests/unit/cri_grpc_test.cc and cri_messages_test.cc have the others.
      {cut(3, End::kTrailers), kMalformed, "@ is not valid gRPC: it has 3"},
      {[](R& response) { response.http_status = 502; }, kMalformed,
       "@ is not gRPC: it has HTTP status 502"},
      {[](R& response) { response.body = GrpcFrame("garbage"); }, kMalformed,
       " to @ is malformed: "},
      {[](R& response) {
         // An unknown field, which is skipped.
         response.body =
             GrpcFrame(*GrpcMessage(response.body) + "\x92\x03\xa0\x8d\x06" +
                       std::string(100'000, 'x'));
       },
       ErrorCode::kResponseTooLarge,
       " to @ is larger than the limit of 50000 bytes"}};
}

}  // namespace

TEST_CASE("A failed list fails the call, a failed status costs only details") {
  struct Call {
    const char* method;
    const char* subject;
  };
  const Call call =
      GENERATE(Call{"ListContainers", ""}, Call{"ListPodSandbox", ""},
               Call{"ContainerStatus", " of c0ffee00c0ff"},
               Call{"PodSandboxStatus", " of 5a0db0c5"});
  RuntimeOptions options = PatientOptions();
  options.max_response_bytes = 50'000;
  CriTestNode node(options);
  for (const Fault& fault : Faults()) {
    std::string part = fault.part;
    part.replace(
        part.find('@'), 1,
        std::string("runtime.v1.RuntimeService/") + call.method + call.subject);
    node.Start(Changing(GoodRuntime(OnePod()), call.method, fault.change));
    const Response response = node.Post();
    if (*call.subject == '\0') {
      CheckFailed(response, fault.code, part);
    } else {
      CheckIncomplete(node, response, 2, fault.code, part);
      CHECK(Find(response, kContainerId).state == "running");
    }
  }
  CheckRecovers(node);
}

TEST_CASE("A list that would take too much memory is an error with advice") {
  RuntimeOptions options = PatientOptions();
  options.max_response_bytes = 50'000;
  CriTestNode node(options);
  CriNode large = OnePod(40);
  large.sandboxes[0].name = std::string(10'000, 'x');
  node.Start(GoodRuntime(large));
  CheckFailed(
      node.Post(), ErrorCode::kResponseTooLarge,
      "The containers of the container runtime at " + node.endpoint() +
          " take more memory than the limit of 150000 bytes, 3 times that of "
          "a response. Remove dead containers, ask with all=0 or filters, or "
          "allow larger responses.");
  CheckRecovers(node);
}

TEST_CASE("Errors distinguish what listens in place of a runtime") {
  CriTestNode node;
  CheckFailed(node.Post(), ErrorCode::kCannotConnect,
              "Cannot connect to the container runtime at " + node.endpoint() +
                  ". Is containerd running?");
  CheckRecovers(node);
  node.Start(RuntimeWithoutCri());
  CheckFailed(node.Post(), ErrorCode::kDaemonError,
              " offers neither runtime.v1 nor runtime.v1alpha2 of the CRI: "
              "unknown service runtime.v1.RuntimeService (UNIMPLEMENTED)");
  node.runtime().Stop();
  {
    const ScriptedDaemon daemon(UnixSocket{node.socket_path()}, GoodDaemon());
    CheckFailed(node.Post(), ErrorCode::kResponseMalformed,
                " is not gRPC but HTTP/1.1. ");
  }
  node.Start(GoodRuntime(OnePod()), {Behaviour::kNeverAccepts, 0});
  const RawClient queued(node.endpoint());
  CheckFailed(node.Post(), ErrorCode::kCannotConnect, "its queue is full");
  CheckRecovers(node);
}

TEST_CASE("A runtime that accepts, reads or responds to nothing times out") {
  RuntimeOptions options;
  options.timeout = 200ms;
  CriTestNode node(options);
  SECTION("accepts nothing") {
    node.Start(GoodRuntime(OnePod()), {Behaviour::kNeverAccepts});
  }
  SECTION("reads nothing") {
    node.Start(GoodRuntime(OnePod()), {Behaviour::kNeverReads});
  }
  SECTION("responds to nothing") {
    node.Start(Changing(
        GoodRuntime(OnePod()), "",
        [](RuntimeResponse& response) { response.when_released = true; }));
  }
  CheckFailed(node.Post(), ErrorCode::kTimeout,
              "runtime.v1.RuntimeService/ListContainers within 200ms (0 bytes "
              "came)");
}

TEST_CASE("A runtime's own error includes its gRPC status") {
  CriTestNode node;
  for (const char* method : {"ListContainers", "ListPodSandbox"}) {
    for (const auto make : {GrpcError, GrpcErrorInTrailers}) {
      CAPTURE(method);
      node.Start(With(GoodRuntime(OnePod()), method,
                      make(GrpcCode::kInternal, "the disk is full: 100%25")));
      CheckFailed(node.Post(), ErrorCode::kDaemonError,
                  "Error response from container runtime: the disk is full: "
                  "100% (INTERNAL)");
    }
  }
  CheckRecovers(node);
}

TEST_CASE("A runtime that has only v1alpha2 lists the same") {
  CriTestNode node;
  node.Start(GoodRuntime(OnePod()));
  const std::string expected = node.Post().body;
  node.Start(GoodRuntime(OnePod(), kOldCriService));
  CHECK(node.Post().body == expected);
  // It remembers the version, until the runtime is replaced.
  CHECK(node.CallsOfPost() == kOnlyLists);
  CheckRecovers(node);
}
