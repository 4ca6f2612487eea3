// SPDX-License-Identifier: Apache-2.0

#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

#include "tests/integration/node.h"

using namespace containercollector;
using namespace containercollector::test;

TEST_CASE("Requests share one kept connection") {
  Node node;
  ScriptedDaemon& daemon = node.Start(GoodDaemon());
  for (int i = 0; i < 10; ++i) CheckCollected(node.Post());
  CHECK(daemon.Requests().size() == 10);
  CHECK(daemon.ConnectionsOpened() == 1);
}

TEST_CASE("No connection is opened before the first call") {
  Node node;
  ScriptedDaemon& daemon = node.Start(GoodDaemon());
  CHECK(node.client().endpoint() == node.host());
  CHECK(daemon.ConnectionsOpened() == 0);
}

TEST_CASE("A kept connection that the daemon closed meanwhile goes unnoticed") {
  Node node;
  ScriptedDaemon& daemon = node.Start(GoodDaemon());
  CheckCollected(node.Post());
  daemon.CloseConnections();
  CheckCollected(node.Post());
  CHECK(daemon.Requests().size() == 2);
}

TEST_CASE("A kept connection that dies under a request is replaced once") {
  Node node;
  ScriptedDaemon& daemon = node.Start(DieAfter(1, GoodDaemon()));
  CheckCollected(node.Post());
  CheckCollected(node.Post());
  CHECK(daemon.Requests().size() == 3);
  CHECK(daemon.ConnectionsOpened() == 2);
}

TEST_CASE("A fresh connection that dies is not tried again") {
  Node node;
  ScriptedDaemon& daemon = node.Start(CloseWithoutAnswer());
  CHECK(node.Post().error == ErrorCode::kResponseTruncated);
  CHECK(daemon.Requests().size() == 1);
}

TEST_CASE("After the first byte of an answer nothing is asked again") {
  Node node;
  ScriptedDaemon& daemon = node.Start(GoodDaemon());
  CheckCollected(node.Post());
  daemon.SetScript(AnswerAndClose(HeadWithoutEnd(GoodAnswer())));
  CHECK(node.Post().error == ErrorCode::kResponseTruncated);
  CHECK(daemon.Requests().size() == 2);
  CheckRecovers(node);
}

TEST_CASE("A daemon that is restarted at the same path is found again") {
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

TEST_CASE(
    "Many threads use one client at once, each with a connection of its own") {
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
  CHECK(daemon.MaxOpenConnections() <= kThreads);
}

TEST_CASE("Threads that wait for the daemon do not wait for each other") {
  Node node;
  ScriptedDaemon& daemon = node.Start(AnswerWhenReleased(GoodAnswer()));
  std::vector<Response> responses(12);
  std::vector<std::thread> threads;
  for (auto& response : responses)
    threads.emplace_back([&] { response = node.Post(); });
  // All are at the daemon before the first is answered.
  CHECK(daemon.WaitForRequests(responses.size(), kGenerous));
  daemon.Release();
  for (auto& thread : threads) thread.join();
  for (const auto& response : responses) CheckCollected(response);
}

TEST_CASE("Only a bounded number of connections is kept") {
  Node node;
  ScriptedDaemon& daemon = node.Start(AnswerWhenReleased(GoodAnswer()));
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i)
    threads.emplace_back([&] { CheckCollected(node.Post()); });
  CHECK(daemon.WaitForRequests(threads.size(), kGenerous));
  daemon.Release();
  for (auto& thread : threads) thread.join();
  CHECK(daemon.WaitForOpenConnections(8, kGenerous));
}

TEST_CASE("A client that is destroyed closes its connections") {
  TempDir dir;
  ScriptedDaemon daemon(UnixSocket{dir / "docker.sock"}, GoodDaemon());
  {
    ClientOptions options = Node::PatientOptions();
    options.endpoint = daemon.Host();
    Client first(options);
    CHECK(first.ListContainers().size() == 1);
    Client second(std::move(first));
    CHECK(second.ListContainers().size() == 1);
    CHECK(daemon.ConnectionsOpened() == 1);
    CHECK(daemon.OpenConnections() == 1);
  }
  CHECK(daemon.WaitForOpenConnections(0, kGenerous));
}
