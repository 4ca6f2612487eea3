// SPDX-License-Identifier: Apache-2.0

/// A runtime that cannot be called, or whose responses are malformed. The unit
/// tests of lib/src/failure.cc check the whole texts.
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

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

/// Returns the fault of a response whose message has these bytes.
Fault Garbage(const std::string& bytes, const std::string& why) {
  return {
      [bytes](RuntimeResponse& response) { response.body = GrpcFrame(bytes); },
      ErrorCode::kResponseMalformed, " to @ is malformed: " + why};
}

/// Returns the fault of a response whose prefix announces so many bytes.
Fault Announces(std::uint32_t bytes) {
  return {[bytes](RuntimeResponse& response) {
            response.body.replace(0, 5, GrpcPrefix(0, bytes));
          },
          ErrorCode::kResponseMalformed,
          "@ is not valid gRPC: it announces " + std::to_string(bytes) +
              " bytes, and has "};
}

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
      Announces(0),
      Announces(3),
      Announces(4'000'000'000),
      {cut(3, End::kTrailers), kMalformed, "@ is not valid gRPC: it has 3"},
      {[](R& response) { response.body[0] = 1; }, kMalformed,
       "@ is compressed"},
      {[](R& response) { response.http_status = 502; }, kMalformed,
       "@ is not gRPC: it has HTTP status 502"},
      {[](R& response) { response.headers = {{"content-type", "text/html"}}; },
       kMalformed, "@ is not gRPC: its content type is \"text/html\""},
      Garbage("\x0a\xff", ""),
      Garbage("\x07", ""),
      Garbage("garbage", ""),
      Garbage("\x0a\x02\x0a\x7f", ""),
      {[](R& response) {
         // An unknown field, which is skipped.
         response.body =
             GrpcFrame(*GrpcMessage(response.body) + "\x92\x03\xa0\x8d\x06" +
                       std::string(100'000, 'x'));
       },
       ErrorCode::kResponseTooLarge,
       " to @ is larger than the limit of 50000 bytes"}};
}

/// Runs a call on a thread without root's right to ignore file modes.
template <typename Call>
void RunUnprivileged(Call call) {
  std::thread([&] {
    constexpr uid_t kNobody = 65534;
    // The C library's seteuid() changes all threads.
    if (geteuid() == 0) REQUIRE(syscall(SYS_setresuid, -1, kNobody, -1) == 0);
    call();
  }).join();
}

RuntimeScript HangingRuntime() {
  return Changing(GoodRuntime(OnePod()), "", [](RuntimeResponse& response) {
    response.when_released = true;
  });
}

}  // namespace

TEST_CASE("A list that fails is the failure, a status costs only the details") {
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

TEST_CASE("Containers that take too much memory are an error with advice") {
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

TEST_CASE("A runtime that does not listen cannot be connected to") {
  CriTestNode node;
  std::string more;
  SECTION("no socket") {}
  SECTION("a socket that a killed runtime left") {
    node.Start(GoodRuntime(OnePod()));
    CheckOnePod(node.Post());
    node.runtime().Stop(SocketFile::kLeave);
  }
  SECTION("a file") {
    std::ofstream(node.socket_path()) << "not a socket";
    more = " " + node.socket_path() + " is a file, not a socket";
  }
  CheckFailed(node.Post(), ErrorCode::kCannotConnect,
              "Cannot connect to the container runtime at " + node.endpoint() +
                  ". Is containerd running?" + more);
  std::filesystem::remove(node.socket_path());
  CheckRecovers(node);
}

TEST_CASE("A runtime's socket that the user may not use is told apart") {
  CriTestNode node;
  node.Start(GoodRuntime(OnePod()));
  REQUIRE(chmod(node.socket_path().c_str(), 0) == 0);
  Response response;
  RunUnprivileged([&] { response = node.Post(); });
  CheckFailed(response, ErrorCode::kPermissionDenied,
              "Got permission denied while trying to connect to the container "
              "runtime socket at " +
                  node.endpoint());
  REQUIRE(chmod(node.socket_path().c_str(), 0600) == 0);
  CheckRecovers(node);
}

TEST_CASE("A runtime with a full backlog is told apart") {
  CriTestNode node;
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
  SECTION("responds to nothing") { node.Start(HangingRuntime()); }
  CheckFailed(node.Post(), ErrorCode::kTimeout,
              "runtime.v1.RuntimeService/ListContainers within 200ms (0 bytes "
              "came)");
}

TEST_CASE("A runtime that hung for a while responds again") {
  CriTestNode node;
  node.Start(HangingRuntime());
  Response response;
  std::thread call([&] { response = node.Post(); });
  CHECK(node.runtime().WaitForCalls(1, kGenerous));
  node.runtime().Release();
  call.join();
  CheckOnePod(response);
}

TEST_CASE("A Docker daemon in the place of a runtime is told apart") {
  CriTestNode node;
  {
    const ScriptedDaemon daemon(UnixSocket{node.socket_path()}, GoodDaemon());
    CheckFailed(node.Post(), ErrorCode::kResponseMalformed,
                " is not gRPC but HTTP/1.1. ");
  }
  CheckRecovers(node);
}

TEST_CASE("The runtime's own error for a list comes with its gRPC status") {
  struct Case {
    GrpcCode code;
    const char* text;
    const char* shown;
  };
  const Case error = GENERATE(
      Case{GrpcCode::kInternal, "the disk is full: 100%25",
           "Error response from container runtime: the disk is full: 100% "
           "(INTERNAL)"},
      Case{GrpcCode::kUnknown, "server is not initialized yet",
           "server is not initialized yet (UNKNOWN). It is starting"});
  CriTestNode node;
  for (const char* method : {"ListContainers", "ListPodSandbox"}) {
    for (const auto make : {GrpcError, GrpcErrorInTrailers}) {
      CAPTURE(method);
      node.Start(
          With(GoodRuntime(OnePod()), method, make(error.code, error.text)));
      CheckFailed(node.Post(), ErrorCode::kDaemonError, error.shown);
    }
  }
  CheckRecovers(node);
}

TEST_CASE("A runtime without the CRI says how to enable it") {
  CriTestNode node;
  node.Start(RuntimeWithoutCri());
  CheckFailed(node.Post(), ErrorCode::kDaemonError,
              " offers neither runtime.v1 nor runtime.v1alpha2 of the CRI: "
              "unknown service runtime.v1.RuntimeService (UNIMPLEMENTED)");
  CheckRecovers(node);
}

TEST_CASE("An old runtime with v1alpha2 alone lists the same") {
  CriTestNode node;
  node.Start(GoodRuntime(OnePod()));
  const std::string expected = node.Post().body;
  node.Start(GoodRuntime(OnePod(), kOldCriService));
  CHECK(node.Post().body == expected);
  // It remembers the version, until the runtime is replaced.
  CHECK(node.CallsOfPost() == kOnlyLists);
  CheckRecovers(node);
}
