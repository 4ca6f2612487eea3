// SPDX-License-Identifier: Apache-2.0

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/integration/node.h"
#include "tests/support/raw_client.h"

using namespace containercollector;
using namespace containercollector::test;

namespace {

std::string CannotConnect(const Node& node) {
  return "Cannot connect to the Docker daemon at " + node.host() +
         ". Is the docker daemon running?";
}

/// Runs a call on a thread without root's right to ignore file modes. The other
/// threads keep it.
template <typename Call>
void RunUnprivileged(Call call) {
  std::thread([&] {
    constexpr uid_t kNobody = 65534;
    // The C library's seteuid() changes all threads.
    if (geteuid() == 0) REQUIRE(syscall(SYS_setresuid, -1, kNobody, -1) == 0);
    call();
  }).join();
}

}  // namespace

TEST_CASE("A missing socket is a failure to connect") {
  Node node;
  CheckFailed(node.Post(), ErrorCode::kCannotConnect, CannotConnect(node));
  CheckRecovers(node);
}

TEST_CASE("A socket on which nothing listens is a failure to connect") {
  Node node;
  node.Start(GoodDaemon());
  CheckCollected(node.Post());
  node.Stop(SocketFile::kLeave);
  CheckFailed(node.Post(), ErrorCode::kCannotConnect, CannotConnect(node));
  CheckRecovers(node);
}

TEST_CASE(
    "A file or a directory in the place of the socket is named in the text") {
  Node node;
  std::string what;
  SECTION("file") {
    std::ofstream(node.socket_path()) << "not a socket";
    what = "a file";
  }
  SECTION("directory") {
    std::filesystem::create_directory(node.socket_path());
    what = "a directory";
  }
  CheckFailed(node.Post(), ErrorCode::kCannotConnect,
              CannotConnect(node) + " " + node.socket_path() + " is " + what +
                  ", not a socket: write the path of the daemon's socket, e.g. "
                  "unix:///var/run/docker.sock.");
  std::filesystem::remove(node.socket_path());
  CheckRecovers(node);
}

TEST_CASE(
    "A socket that the user may not use is told apart from a missing one") {
  Node node;
  node.Start(GoodDaemon());
  REQUIRE(chmod(node.socket_path().c_str(), 0) == 0);
  Response response;
  RunUnprivileged([&] { response = node.Post(); });
  CheckFailed(response, ErrorCode::kPermissionDenied,
              "Got permission denied while trying to connect to the Docker "
              "daemon socket at " +
                  node.host() + ": dial unix " + node.socket_path() +
                  ": connect: permission denied. Run as root or as a member of "
                  "the group that owns the socket.");
  REQUIRE(chmod(node.socket_path().c_str(), 0600) == 0);
  CheckRecovers(node);
}

TEST_CASE("A daemon with a full backlog has its own text") {
  Node node;
  DaemonOptions full;
  full.behaviour = Behaviour::kNeverAccepts;
  full.backlog = 0;
  node.Start(GoodDaemon(), full);
  const RawClient queued(node.host());
  CheckFailed(node.Post(), ErrorCode::kCannotConnect,
              CannotConnect(node) +
                  " It accepts no connection, and its queue is full: it may "
                  "hang, look at its log.");
  CheckRecovers(node);
}
