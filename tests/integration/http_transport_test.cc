// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <thread>
#include <vector>

#include "tests/integration/node.h"
#include "tests/support/program.h"

using namespace containercollector;
using namespace containercollector::test;
using std::chrono::milliseconds;

namespace {

/// A daemon that is reached by TCP, whose connections are kept.
struct TcpNode {
  explicit TcpNode(Script script) : daemon(LoopbackTcp{}, std::move(script)) {}

  Response Post() const { return test::Post(processor); }

  /// Returns the endpoint with another scheme.
  std::string WithScheme(const std::string& scheme) const {
    return scheme + daemon.Host().substr(daemon.Host().find("://"));
  }

  ScriptedDaemon daemon;
  Processor processor{DockerClient(PatientOptions(daemon.Host()))};
};

/// Runs `call` on many threads at once.
template <typename Call>
void RunOnThreads(std::size_t count, const Call& call) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) threads.emplace_back(call, i);
  for (auto& thread : threads) thread.join();
}

}  // namespace

TEST_CASE("Each request opens its own connection to a Unix socket") {
  Node node;
  ScriptedDaemon& daemon = node.Start(GoodDaemon());
  CHECK(node.client().endpoint() == node.host());
  CHECK(daemon.ConnectionsOpened() == 0);
  for (int i = 0; i < 3; ++i) CheckCollected(node.Post());
  CHECK(daemon.Requests().size() == 3);
  CHECK(daemon.ConnectionsOpened() == 3);
  CHECK(daemon.WaitForOpenConnections(0, kGenerous));
}

TEST_CASE("A socket path leads to the daemon that currently listens there") {
  Node node;
  CheckRecovers(node);
  // The old daemon lives on, but the path names the new one.
  TempDir dir;
  ScriptedDaemon other(UnixSocket{dir / "docker.sock"},
                       RespondWith(ResponseBytes(200, kJson, "[]")));
  std::filesystem::rename(dir / "docker.sock", node.socket_path());
  CHECK(node.Post().body == "[]");
}

TEST_CASE("TCP requests share one kept connection, and replace a dead one") {
  TcpNode node(GoodDaemon());
  for (int i = 0; i < 5; ++i) CheckCollected(node.Post());
  CHECK(node.daemon.ConnectionsOpened() == 1);
  node.daemon.CloseConnections();
  CheckCollected(node.Post());
  CHECK(node.daemon.Requests().size() == 6);
  CHECK(node.daemon.ConnectionsOpened() == 2);
}

TEST_CASE("A kept connection with unread bytes is not reused") {
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

TEST_CASE("Only a request whose kept connection dies is retried, once") {
  TcpNode kept(DieAfter(1, GoodDaemon()));
  CheckCollected(kept.Post());
  CheckCollected(kept.Post());
  CHECK(kept.daemon.Requests().size() == 3);
  CHECK(kept.daemon.ConnectionsOpened() == 2);

  // Not after the first byte of a response.
  kept.daemon.SetScript(RespondAndClose(HeadWithoutEnd(GoodResponse())));
  CHECK(kept.Post().error == ErrorCode::kResponseTruncated);
  CHECK(kept.daemon.Requests().size() == 4);

  for (const Script& script :
       {CloseWithoutResponse(), ResetWithoutResponse()}) {
    TcpNode fresh(script);
    CheckFailed(fresh.Post(), ErrorCode::kResponseTruncated,
                "closed the connection without an answer");
    CHECK(fresh.daemon.Requests().size() == 1);
  }
}

TEST_CASE(
    "Many threads use one client at once and do not wait for each other") {
  TcpNode node(RespondWhenReleased(GoodResponse()));
  constexpr std::size_t kThreads = 20;
  std::vector<Response> responses(kThreads);
  std::thread releaser([&] {
    // All requests are at the daemon before its first response.
    CHECK(node.daemon.WaitForRequests(kThreads, kGenerous));
    node.daemon.Release();
  });
  RunOnThreads(kThreads, [&](std::size_t i) { responses[i] = node.Post(); });
  releaser.join();
  for (const auto& response : responses) CheckCollected(response);
  // Only a bounded number of connections is kept.
  CHECK(node.daemon.WaitForOpenConnections(8, kGenerous));
  std::atomic<int> collected{0};
  RunOnThreads(kThreads, [&](std::size_t) {
    for (int call = 0; call < 20; ++call)
      if (node.Post().body == kOneContainer) ++collected;
  });
  CHECK(collected == 20 * kThreads);
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

TEST_CASE("A client that is destroyed closes its connections") {
  ScriptedDaemon daemon(LoopbackTcp{}, GoodDaemon());
  {
    DockerClient first(PatientOptions(daemon.Host()));
    CHECK(first.ListContainers().size() == 1);
    DockerClient second(std::move(first));
    CHECK(second.ListContainers().size() == 1);
    CHECK(daemon.ConnectionsOpened() == 1);
    CHECK(daemon.OpenConnections() == 1);
  }
  CHECK(daemon.WaitForOpenConnections(0, kGenerous));
}

TEST_CASE("A daemon is reached by TCP, without the environment's proxies") {
  const ScopedEnvironment http_proxy{{"http_proxy", "http://127.0.0.1:1"}};
  const ScopedEnvironment all_proxy{{"ALL_PROXY", "http://127.0.0.1:1"}};
  TcpNode node(RespondWith(GoodResponse()));
  CheckCollected(node.Post());
  CheckCollected(Post(PatientOptions(node.WithScheme("http") + "/a/docker")));
  const auto requests = node.daemon.Requests();
  CHECK("tcp://" + requests.at(0).Header("Host").value() == node.daemon.Host());
  CHECK(requests.at(0).target == "/v1.40/containers/json?all=1");
  // The path of the endpoint precedes every target.
  CHECK(requests.at(1).target == "/a/docker/v1.40/containers/json?all=1");
}

TEST_CASE("Errors distinguish why a host or port cannot be connected to") {
  std::string host;
  {
    const TcpNode node(GoodDaemon());
    host = node.daemon.Host();
  }
  CheckFailed(Post(PatientOptions(host)), ErrorCode::kCannotConnect,
              host + ". Is the docker daemon running?");
  CheckFailed(Post(PatientOptions("tcp://a..b:2375")),
              ErrorCode::kCannotConnect,
              ": Could not resolve host: a..b. Check the name");
}

TEST_CASE("Errors distinguish a slow connection from a late response") {
  // The daemon waits for a request, and the client for a TLS handshake.
  TcpNode node(GoodDaemon());
  RuntimeOptions options = PatientOptions(node.WithScheme("https"));
  SECTION("the timeout is below the connect timeout") {
    options.timeout = milliseconds(300);
  }
  SECTION("the connect timeout is below the timeout") {
    options.timeout = std::chrono::hours(1);
    options.connect_timeout = milliseconds(300);
  }
  Cancellation cancellation;
  CallOptions call;
  call.cancellation = &cancellation;
  auto response = std::async(std::launch::async, [&] {
    return Processor(DockerClient(options)).Collect({}, call);
  });
  // Not after the whole timeout, whatever the text says.
  CHECK(response.wait_for(kGenerous) == std::future_status::ready);
  cancellation.Cancel();
  CheckFailed(response.get(), ErrorCode::kTimeout,
              "No connection to the Docker daemon at " +
                  options.docker_endpoint + " within 300ms. ");
}
