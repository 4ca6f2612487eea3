// SPDX-License-Identifier: Apache-2.0

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "tests/integration/cri_node.h"
#include "tests/support/raw_client.h"
#include "tests/support/scripts.h"

using namespace containercollector;
using namespace containercollector::test;
using namespace std::chrono_literals;

namespace {

std::string CannotConnect(const CriTestNode& node) {
  return "Cannot connect to the container runtime at " + node.endpoint() +
         ". Is containerd running?";
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

RuntimeOptions With(std::chrono::milliseconds timeout) {
  RuntimeOptions options;
  options.timeout = timeout;
  return options;
}

}  // namespace

TEST_CASE("A runtime without a socket cannot be connected to") {
  CriTestNode node;
  CheckCriFailed(node.Post(), ErrorCode::kCannotConnect, CannotConnect(node));
  CheckRecovers(node);
}

TEST_CASE("A runtime that was killed leaves a socket that rejects") {
  CriTestNode node;
  node.Start(GoodRuntime(OnePod()));
  CheckOnePod(node.Post());
  node.Stop(SocketFile::kLeave);
  CheckCriFailed(node.Post(), ErrorCode::kCannotConnect, CannotConnect(node));
  CheckRecovers(node);
}

TEST_CASE("A file in the place of the runtime's socket is named") {
  CriTestNode node;
  std::ofstream(node.socket_path()) << "not a socket";
  CheckCriFailed(node.Post(), ErrorCode::kCannotConnect,
                 CannotConnect(node) + " " + node.socket_path() +
                     " is a file, not a socket: write the path of the "
                     "runtime's socket, e.g. "
                     "unix:///run/containerd/containerd.sock.");
  std::filesystem::remove(node.socket_path());
  CheckRecovers(node);
}

TEST_CASE("A runtime's socket that the user may not use is told apart") {
  CriTestNode node;
  node.Start(GoodRuntime(OnePod()));
  REQUIRE(chmod(node.socket_path().c_str(), 0) == 0);
  Response response;
  RunUnprivileged([&] { response = node.Post(); });
  CheckCriFailed(response, ErrorCode::kPermissionDenied,
                 "Got permission denied while trying to connect to the "
                 "container runtime socket at " +
                     node.endpoint() + ": dial unix " + node.socket_path() +
                     ": connect: permission denied. Run as root or as a member "
                     "of the group that owns the socket. containerd's belongs "
                     "to root alone, unless gid in the section [grpc] of "
                     "/etc/containerd/config.toml is that of a group.");
  REQUIRE(chmod(node.socket_path().c_str(), 0600) == 0);
  CheckRecovers(node);
}

TEST_CASE("A runtime with a full backlog has its own text") {
  CriTestNode node;
  node.Start(GoodRuntime(OnePod()), {Behaviour::kNeverAccepts, 0});
  const RawClient queued(node.endpoint());
  CheckCriFailed(node.Post(), ErrorCode::kCannotConnect,
                 CannotConnect(node) +
                     " It accepts no connection, and its queue is full: it may "
                     "hang, look at its log.");
  CheckRecovers(node);
}

TEST_CASE("A runtime that accepts, reads or responds to nothing times out") {
  CriTestNode node(With(200ms));
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
  CheckCriFailed(node.Post(), ErrorCode::kTimeout,
                 "The container runtime at " + node.endpoint() +
                     " did not finish its answer to "
                     "runtime.v1.RuntimeService/ListContainers within 200ms (0 "
                     "bytes came). It may hang: look at its log, or allow more "
                     "time.");
}

TEST_CASE("A runtime that hung for a while responds again") {
  CriTestNode node;
  node.Start(Changing(GoodRuntime(OnePod()), "", [](RuntimeResponse& response) {
    response.when_released = true;
  }));
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
    CheckCriFailed(node.Post(), ErrorCode::kResponseMalformed,
                   "The answer of the container runtime at " + node.endpoint() +
                       " to runtime.v1.RuntimeService/ListContainers is not "
                       "gRPC but HTTP/1.1. Another service listens there, such "
                       "as a Docker daemon: ask it as the runtime \"docker\", "
                       "or write the endpoint of the container runtime, e.g. "
                       "unix:///run/containerd/containerd.sock.");
  }
  CheckRecovers(node);
}
