// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <thread>
#include <vector>

#include "tests/integration/node.h"

using namespace containercollector;
using namespace containercollector::test;

namespace {

/// A processor of a daemon that is reached by TCP, whose connections are kept.
struct TcpNode {
  explicit TcpNode(Script script) : daemon(LoopbackTcp{}, std::move(script)) {}

  Response Post() const {
    return processor.Handle("POST", Processor::kArrayPath);
  }

  ScriptedDaemon daemon;
  Processor processor{DockerClient([this] {
    RuntimeOptions options = Node::PatientOptions();
    options.docker_endpoint = daemon.Host();
    return options;
  }())};
};

}  // namespace

TEST_CASE("Each request opens a connection to a Unix socket") {
  Node node;
  ScriptedDaemon& daemon = node.Start(GoodDaemon());
  for (int i = 0; i < 3; ++i) CheckCollected(node.Post());
  CHECK(daemon.Requests().size() == 3);
  CHECK(daemon.ConnectionsOpened() == 3);
  CHECK(daemon.WaitForOpenConnections(0, kGenerous));
}

TEST_CASE("A socket path that another daemon takes over leads to that daemon") {
  Node node;
  node.Start(GoodDaemon());
  CheckCollected(node.Post());
  // The old daemon lives on, but the path names the new one.
  TempDir dir;
  ScriptedDaemon other(UnixSocket{dir / "docker.sock"},
                       RespondWith(ResponseBytes(200, kJson, "[]")));
  std::filesystem::rename(dir / "docker.sock", node.socket_path());
  CHECK(node.Post().body == "[]");
}

TEST_CASE("Requests by TCP share one kept connection") {
  TcpNode node(GoodDaemon());
  for (int i = 0; i < 10; ++i) CheckCollected(node.Post());
  CHECK(node.daemon.Requests().size() == 10);
  CHECK(node.daemon.ConnectionsOpened() == 1);
}

TEST_CASE("A kept connection with unread bytes is not used again") {
  std::promise<void> first_response_read;
  std::promise<void> second_response_sent;
  std::atomic<int> requests{0};
  TcpNode node([&](const Request&, Exchange& exchange) {
    exchange.Send(GoodResponse());
    if (++requests > 1) return;
    first_response_read.get_future().wait_for(kGenerous);
    exchange.Send(ResponseBytes(200, kJson, "[]"));
    second_response_sent.set_value();
  });
  CheckCollected(node.Post());
  first_response_read.set_value();
  REQUIRE(second_response_sent.get_future().wait_for(kGenerous) ==
          std::future_status::ready);
  CheckCollected(node.Post());
  CHECK(node.daemon.ConnectionsOpened() == 2);
}

TEST_CASE("Bytes that arrive with a response are not the next response") {
  TcpNode node(RespondWith(GoodResponse() + ResponseBytes(200, kJson, "[]")));
  CheckCollected(node.Post());
  CheckCollected(node.Post());
  CHECK(node.daemon.ConnectionsOpened() == 2);
}

TEST_CASE("After a fork() parent and child get their own responses") {
  TcpNode node(GoodDaemon());
  CheckCollected(node.Post());
  CHECK(node.daemon.ConnectionsOpened() == 1);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(node.Post().body == kOneContainer ? 0 : 1);
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(node.daemon.ConnectionsOpened() == 2);
  CheckCollected(node.Post());
  // The child left the parent's connection alone.
  CHECK(node.daemon.ConnectionsOpened() == 2);
}

TEST_CASE("No connection is opened before the first call") {
  Node node;
  ScriptedDaemon& daemon = node.Start(GoodDaemon());
  CHECK(node.client().endpoint() == node.host());
  CHECK(daemon.ConnectionsOpened() == 0);
}

TEST_CASE("A kept connection that the daemon closed is replaced") {
  TcpNode node(GoodDaemon());
  ScriptedDaemon& daemon = node.daemon;
  CheckCollected(node.Post());
  daemon.CloseConnections();
  CheckCollected(node.Post());
  CHECK(daemon.Requests().size() == 2);
}

TEST_CASE("A kept connection that dies under a request is replaced once") {
  TcpNode node(DieAfter(1, GoodDaemon()));
  ScriptedDaemon& daemon = node.daemon;
  CheckCollected(node.Post());
  CheckCollected(node.Post());
  CHECK(daemon.Requests().size() == 3);
  CHECK(daemon.ConnectionsOpened() == 2);
}

TEST_CASE("A request on a new connection that dies is not sent again") {
  TcpNode node(CloseWithoutResponse());
  ScriptedDaemon& daemon = node.daemon;
  CHECK(node.Post().error == ErrorCode::kResponseTruncated);
  CHECK(daemon.Requests().size() == 1);
}

TEST_CASE("A request is not sent again after the first byte of a response") {
  TcpNode node(GoodDaemon());
  ScriptedDaemon& daemon = node.daemon;
  CheckCollected(node.Post());
  daemon.SetScript(RespondAndClose(HeadWithoutEnd(GoodResponse())));
  CHECK(node.Post().error == ErrorCode::kResponseTruncated);
  CHECK(daemon.Requests().size() == 2);
}

TEST_CASE("A daemon that restarts at the same path is reached again") {
  Node node;
  node.Start(GoodDaemon());
  CheckCollected(node.Post());
  for (const SocketFile file : {SocketFile::kRemove, SocketFile::kLeave}) {
    node.Stop(file);
    CHECK(node.Post().error == ErrorCode::kCannotConnect);
    node.Start(GoodDaemon());
    CheckCollected(node.Post());
  }
}

TEST_CASE("Many threads use one client at once") {
  Node node;
  ScriptedDaemon& daemon = node.Start(GoodDaemon());
  constexpr int kThreads = 16;
  constexpr int kCalls = 25;
  std::atomic<int> collected{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int call = 0; call < kCalls; ++call) {
        if (node.Post().body == kOneContainer) ++collected;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(collected == kThreads * kCalls);
  CHECK(daemon.Requests().size() == kThreads * kCalls);
}

TEST_CASE("A call does not change how the process handles signals") {
  struct sigaction own{};
  own.sa_handler = [](int) {};
  struct sigaction before{};
  REQUIRE(sigaction(SIGPIPE, &own, &before) == 0);
  std::atomic<bool> done{false};
  std::atomic<int> changes{0};
  std::thread watcher([&] {
    while (!done) {
      struct sigaction now{};
      static_cast<void>(sigaction(SIGPIPE, nullptr, &now));
      if (now.sa_handler != own.sa_handler) ++changes;
    }
  });
  Node node;
  node.Start(GoodDaemon());
  for (int i = 0; i < 300; ++i) CheckCollected(node.Post());
  done = true;
  watcher.join();
  CHECK(changes == 0);
  REQUIRE(sigaction(SIGPIPE, &before, nullptr) == 0);
}

TEST_CASE("Threads that wait for the daemon do not wait for each other") {
  Node node;
  ScriptedDaemon& daemon = node.Start(RespondWhenReleased(GoodResponse()));
  std::vector<Response> responses(12);
  std::vector<std::thread> threads;
  for (auto& response : responses)
    threads.emplace_back([&] { response = node.Post(); });
  // All requests are at the daemon before its first response.
  CHECK(daemon.WaitForRequests(responses.size(), kGenerous));
  daemon.Release();
  for (auto& thread : threads) thread.join();
  for (const auto& response : responses) CheckCollected(response);
}

TEST_CASE("Only a bounded number of connections is kept") {
  TcpNode node(RespondWhenReleased(GoodResponse()));
  ScriptedDaemon& daemon = node.daemon;
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i)
    threads.emplace_back([&] { CheckCollected(node.Post()); });
  CHECK(daemon.WaitForRequests(threads.size(), kGenerous));
  daemon.Release();
  for (auto& thread : threads) thread.join();
  CHECK(daemon.WaitForOpenConnections(8, kGenerous));
}

TEST_CASE("A client that is destroyed closes its connections") {
  ScriptedDaemon daemon(LoopbackTcp{}, GoodDaemon());
  {
    RuntimeOptions options = Node::PatientOptions();
    options.docker_endpoint = daemon.Host();
    DockerClient first(options);
    CHECK(first.ListContainers().size() == 1);
    DockerClient second(std::move(first));
    CHECK(second.ListContainers().size() == 1);
    CHECK(daemon.ConnectionsOpened() == 1);
    CHECK(daemon.OpenConnections() == 1);
  }
  CHECK(daemon.WaitForOpenConnections(0, kGenerous));
}
