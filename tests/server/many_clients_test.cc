// SPDX-License-Identifier: Apache-2.0

/// What clients that misbehave, in numbers, do to the others: nothing.
#include "server/process.h"
#include "tests/server/node.h"

using namespace containercollector::test;
using containercollector::server::AllowConnections;

namespace {

void WaitForOpenFiles(pid_t pid, std::size_t count) {
  const auto is_reached = [&] { return OpenFilesOf(pid) <= count; };
  INFO("open files: at most " << count);
  CHECK(WaitUntil(is_reached, kGenerous));
}

}  // namespace

TEST_CASE("1,000 idle connections leave the others alone") {
  AllowConnections(1100);
  Node node;
  node.Start(GoodDaemon());
  CheckCollected(Post(node.url()));
  const std::size_t open_files = node.server().OpenFiles();
  const std::size_t memory = node.server().ResidentKiB();
  std::vector<RawClient> idle;
  for (int i = 0; i < 1000; ++i) idle.emplace_back(TcpHost(node.url()));
  for (int i = 0; i < 10; ++i) CheckCollected(Post(node.url()));
  WARN("1,000 idle connections: " << node.server().OpenFiles() - open_files
                                  << " more files, memory " << memory << " -> "
                                  << node.server().ResidentKiB() << " KiB");
  idle.clear();
  WaitForOpenFiles(node.server().pid(), open_files);
  CheckStops(node.server());
}

TEST_CASE("Clients that leave in the middle of a request keep no connection") {
  LocalNode node([](Options& options) {
    options.http.idle_timeout = std::chrono::minutes(10);
    options.http.request_timeout = std::chrono::minutes(10);
  });
  const std::string whole =
      RequestBytes("POST", kRoute, {}, std::string(50'000, ' '));
  const std::size_t open_files = OpenFilesOf(getpid());
  for (int i = 0; i < 100; ++i) {
    for (const std::size_t size : {std::size_t{20}, whole.size() / 2})
      CHECK(RawClient(TcpHost(node.url())).Send(whole.substr(0, size)));
  }
  WaitForOpenFiles(getpid(), open_files);
}

TEST_CASE("200 clients that do not read share the response, and harm nobody") {
  LocalNode node([](Options& options) {
    options.http.idle_timeout = std::chrono::minutes(10);
    options.http.send_timeout = std::chrono::minutes(10);
  });
  const std::string containers = ManyContainers(2'000'000);
  node.Start(GoodDaemon(containers));
  CHECK((Post(node.url()).body == containers));
  const std::size_t open_files = OpenFilesOf(getpid());
  const std::size_t memory = MemoryOf(getpid()).resident;
  std::vector<HttpCall> slow;
  while (slow.size() < 200) {
    // All have their responses before the next eight ask: 25 or more batches.
    for (HttpCall& call : PostMany(node, 8)) {
      CHECK(call.connection().Receive(1).bytes == "H");
      slow.push_back(std::move(call));
    }
  }
  for (HttpCall& call : slow) CHECK(call.connection().Receive(1).bytes == "T");
  // But for the connection to the daemon, which may be there or not. Both ends
  // are in this process.
  CHECK(OpenFilesOf(getpid()) + 2 >= open_files + 400);
  CHECK((Post(node.url()).body == containers));
  const std::size_t now = MemoryOf(getpid()).resident;
  WARN("200 slow readers of 2 MB: memory " << memory << " -> " << now
                                           << " KiB");
  if (MemoryIsMeasurable()) CHECK(now < memory + 32 * 1024);

  // One that reads in the end gets all of it.
  CHECK(ParseResponse("HT" + slow.front().connection().ReceiveToEnd().bytes)
            .body == containers);
  slow.clear();
  WaitForOpenFiles(getpid(), open_files);
}

TEST_CASE("A client that takes too long to read is cut off") {
  LocalNode node([](Options& options) {
    options.http.idle_timeout = std::chrono::minutes(10);
    options.http.send_timeout = std::chrono::seconds(1);
  });
  node.Start(GoodDaemon(ManyContainers(8'000'000)));
  HttpCall slow(node.url(), RequestBytes("POST", kRoute));
  CHECK(slow.connection().Receive(1).bytes == "H");
  const std::size_t open_files = OpenFilesOf(getpid());
  WaitForOpenFiles(getpid(), open_files - 1);
  CHECK(ParseResponse("H" + slow.connection().ReceiveToEnd().bytes).status ==
        0);
}

TEST_CASE("Clients that leave while they wait cost nothing") {
  Node node({"--max-waiting", "200", "--log-level", "error"});
  node.Start(RespondWhenReleased(ResponseBytes(200, kJson, kOneContainer)));
  node.daemon().Release();
  CheckCollected(Post(node.url()));
  const std::size_t open_files = node.server().OpenFiles();
  for (int round = 0; round < 5; ++round) {
    node.daemon().Hold();
    std::vector<HttpCall> calls = PostMany(node, 200);
    WaitForWaiting(node, 200);
    // Those that stay get their responses.
    calls.erase(calls.begin(), calls.begin() + 150);
    node.daemon().Release();
    for (HttpCall& call : calls) CheckCollected(call.Wait());
  }
  CheckCollected(Post(node.url()));
  WaitForOpenFiles(node.server().pid(), open_files);
  CheckStops(node.server());
}
