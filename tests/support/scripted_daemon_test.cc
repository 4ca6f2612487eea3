// SPDX-License-Identifier: Apache-2.0

#include "tests/support/scripted_daemon.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/raw_client.h"
#include "tests/support/responses.h"
#include "tests/support/scripts.h"
#include "tests/support/temp_dir.h"

namespace containercollector::test {
namespace {

using namespace std::chrono_literals;
using End = RawClient::End;

constexpr std::string_view kGet =
    "GET /v1.40/containers/json?all=1 HTTP/1.1\r\nHost: docker\r\n\r\n";
constexpr auto kSoon = 20s;

/// The errno with which connecting fails; 0 when it does not.
int ConnectError(const std::string& host) {
  try {
    const RawClient client(host);
    return 0;
  } catch (const std::system_error& error) {
    return error.code().value();
  }
}

/// What a client gets that sends one request on a connection of its own.
RawClient::Received Ask(const ScriptedDaemon& daemon) {
  RawClient client(daemon.Host());
  client.Send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  return client.ReceiveToEnd();
}

/// A daemon on a unix socket in a directory of its own.
struct UnixDaemon {
  explicit UnixDaemon(Script script, DaemonOptions options = {})
      : daemon(UnixSocket{dir / "docker.sock"}, std::move(script), options) {}

  TempDir dir;
  ScriptedDaemon daemon;
};

}  // namespace

TEST_CASE("a daemon names its host in the syntax of DOCKER_HOST") {
  const TempDir dir;
  const ScriptedDaemon on_unix(UnixSocket{dir / "docker.sock"}, NeverRespond());
  const ScriptedDaemon on_tcp(LoopbackTcp{}, NeverRespond());

  CHECK(on_unix.Host() == "unix://" + dir.path() + "/docker.sock");
  CHECK(on_tcp.Host().rfind("tcp://127.0.0.1:", 0) == 0);
  CHECK(on_tcp.Host() != "tcp://127.0.0.1:0");
}

TEST_CASE("a script sees every part of the requests on a kept connection") {
  const std::string response = ResponseBytes(200, kJson, "[]");
  UnixDaemon node(RespondWith(response));
  RawClient client(node.daemon.Host());

  client.Send(
      "POST /a/b?x=1&y=? HTTP/1.1\r\nX-Name:  some value \r\n"
      "content-length: 4\r\n\r\nbody");
  CHECK(client.Receive(response.size()).bytes == response);
  client.Send(kGet);
  CHECK(client.Receive(response.size()).bytes == response);

  const std::vector<Request> requests = node.daemon.Requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].method == "POST");
  CHECK(requests[0].target == "/a/b?x=1&y=?");
  CHECK(requests[0].path == "/a/b");
  CHECK(requests[0].query == "x=1&y=?");
  CHECK(requests[0].protocol == "HTTP/1.1");
  CHECK(requests[0].Header("x-nAME") == "some value");
  CHECK(requests[0].Header("absent") == std::nullopt);
  CHECK(requests[0].body == "body");
  CHECK(requests[0].connection == 1);
  CHECK(requests[0].sequence == 1);
  CHECK(requests[1].path == "/v1.40/containers/json");
  CHECK(requests[1].connection == 1);
  CHECK(requests[1].sequence == 2);
  CHECK(node.daemon.ConnectionsOpened() == 1);
}

TEST_CASE("requests are told apart however their bytes arrive") {
  UnixDaemon node(RespondWith("x"));
  RawClient client(node.daemon.Host());

  client.Send("GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Le");
  CHECK(client.Receive(1).bytes == "x");
  client.Send("ngth: 2\r\n\r\na");
  client.Send("bGET /3 HTTP/1.1\r\n\r\n");
  CHECK(client.Receive(2).bytes == "xx");

  const std::vector<Request> requests = node.daemon.Requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[1].body == "ab");
  CHECK(requests[2].path == "/3");
}

TEST_CASE("a connection is closed when its client asks for that") {
  UnixDaemon node(RespondWith("x"));
  CHECK(Ask(node.daemon).end == End::kClosed);
}

TEST_CASE("a malformed request gets 400 and is reported") {
  UnixDaemon node(RespondWith("x"));
  RawClient client(node.daemon.Host());
  client.Send("what?\r\n\r\n");

  const RawClient::Received received = client.ReceiveToEnd();
  CHECK(received.bytes.rfind("HTTP/1.1 400 Bad Request\r\n", 0) == 0);
  CHECK(received.end == End::kClosed);
  CHECK(node.daemon.Requests().empty());
  CHECK(node.daemon.Errors() ==
        std::vector<std::string>{"malformed request line: what?"});
}

TEST_CASE("a script can be exchanged between two requests of a connection") {
  UnixDaemon node(RespondWith("1"));
  RawClient client(node.daemon.Host());
  client.Send(kGet);
  CHECK(client.Receive(1).bytes == "1");

  node.daemon.SetScript(RespondWith("2"));
  client.Send(kGet);
  CHECK(client.Receive(1).bytes == "2");
}

TEST_CASE("what a script throws closes its connection and is reported") {
  UnixDaemon node([](const Request&, Exchange&) {
    throw std::runtime_error("a fault in the script");
  });
  CHECK(Ask(node.daemon).end == End::kClosed);
  CHECK(node.daemon.Errors() ==
        std::vector<std::string>{"a fault in the script"});

  node.daemon.SetScript(RespondWith("x"));
  CHECK(Ask(node.daemon).bytes == "x");
}

TEST_CASE("a response can be held back until it is released") {
  UnixDaemon node(RespondWhenReleased("late"));
  RawClient client(node.daemon.Host());
  client.Send(kGet);
  REQUIRE(node.daemon.WaitForRequests(1, kSoon));
  CHECK(client.Receive(1, 0ms).end == End::kTimedOut);

  node.daemon.Release();
  CHECK(client.Receive(4).bytes == "late");

  node.daemon.Hold();
  client.Send(kGet);
  REQUIRE(node.daemon.WaitForRequests(2, kSoon));
  CHECK(client.Receive(1, 10ms).end == End::kTimedOut);
}

TEST_CASE("a response that never comes ends with the daemon") {
  auto node = std::make_unique<UnixDaemon>(NeverRespond());
  RawClient client(node->daemon.Host());
  client.Send(kGet);
  REQUIRE(node->daemon.WaitForRequests(1, kSoon));
  node->daemon.Release();
  CHECK(client.Receive(1, 10ms).end == End::kTimedOut);

  node.reset();
  CHECK(client.ReceiveToEnd().end == End::kClosed);
}

TEST_CASE("a response that never comes ends when the client leaves") {
  const TempDir dir;
  const auto use_tcp = GENERATE(false, true);
  ScriptedDaemon daemon(
      use_tcp ? Address(LoopbackTcp{}) : UnixSocket{dir / "docker.sock"},
      NeverRespond());
  RawClient client(daemon.Host());
  client.Send(kGet);
  REQUIRE(daemon.WaitForRequests(1, kSoon));
  CHECK(daemon.OpenConnections() == 1);

  client.Close();
  CHECK(daemon.WaitForOpenConnections(0, kSoon));
}

TEST_CASE("a slow response arrives whole") {
  UnixDaemon node(RespondSlowly("slow", 1ms));
  CHECK(Ask(node.daemon).bytes == "slow");
}

TEST_CASE("a slow response ends with the daemon") {
  UnixDaemon node(RespondSlowly("slow", 24h));
  RawClient client(node.daemon.Host());
  client.Send(kGet);
  CHECK(client.Receive(1).bytes == "s");

  node.daemon.Stop();
  const RawClient::Received rest = client.ReceiveToEnd();
  CHECK(rest.bytes.empty());
  CHECK(rest.end == End::kClosed);
}

TEST_CASE("a large response arrives whole") {
  constexpr std::uint64_t kUnits = 5'000'001;
  std::atomic<bool> sent_all = false;
  UnixDaemon node([&](const Request&, Exchange& exchange) {
    sent_all = exchange.SendRepeated("1234567", kUnits);
  });
  const std::string body = Ask(node.daemon).bytes;
  CHECK(body.size() == 7 * kUnits);
  CHECK(body.substr(body.size() - 9) == "671234567");
  CHECK(sent_all);
}

TEST_CASE("a script learns that its client has left") {
  std::atomic<bool> sent_all = true;
  UnixDaemon node([&](const Request&, Exchange& exchange) {
    sent_all = exchange.SendRepeated("x", ~std::uint64_t{0});
  });
  {
    RawClient client(node.daemon.Host());
    client.Send(kGet);
    CHECK(client.Receive(1).bytes == "x");
  }
  CHECK(node.daemon.WaitForOpenConnections(0, kSoon));
  CHECK_FALSE(sent_all);
}

TEST_CASE("a client that does not read cannot keep a daemon from stopping") {
  UnixDaemon node([&](const Request&, Exchange& exchange) {
    exchange.SendRepeated("x", ~std::uint64_t{0});
  });
  RawClient client(node.daemon.Host());
  client.Send(kGet);
  CHECK(client.Receive(1).bytes == "x");
  node.daemon.Stop();
  CHECK(node.daemon.OpenConnections() == 0);
}

TEST_CASE("a connection can be closed without a byte") {
  UnixDaemon node(CloseWithoutResponse());
  const RawClient::Received received = Ask(node.daemon);
  CHECK(received.bytes.empty());
  CHECK(received.end == End::kClosed);
}

TEST_CASE("a connection can be reset over TCP") {
  ScriptedDaemon daemon(LoopbackTcp{}, ResetWithoutResponse());
  CHECK(Ask(daemon).end == End::kReset);
}

TEST_CASE("a kept connection can die of its next request") {
  UnixDaemon node(DieAfter(1, RespondWith("x")));
  RawClient client(node.daemon.Host());
  client.Send(kGet);
  CHECK(client.Receive(1).bytes == "x");

  client.Send(kGet);
  CHECK(client.ReceiveToEnd().end == End::kClosed);
  CHECK(node.daemon.Requests().size() == 2);
}

TEST_CASE("closing connections leaves the daemon to serve new ones") {
  UnixDaemon node(RespondWith("x"));
  RawClient kept(node.daemon.Host());
  kept.Send(kGet);
  CHECK(kept.Receive(1).bytes == "x");
  CHECK(node.daemon.OpenConnections() == 1);

  node.daemon.CloseConnections();
  CHECK(node.daemon.OpenConnections() == 0);
  CHECK(kept.ReceiveToEnd().end == End::kClosed);

  CHECK(Ask(node.daemon).bytes == "x");
  CHECK(node.daemon.ConnectionsOpened() == 2);
  CHECK(node.daemon.MaxOpenConnections() == 1);
}

TEST_CASE("a daemon that accepts nothing serves once it is released") {
  UnixDaemon node(RespondWith("x"), {Behaviour::kNeverAccepts});
  RawClient client(node.daemon.Host());
  client.Send(kGet);
  CHECK(client.Receive(1, 10ms).end == End::kTimedOut);
  CHECK(node.daemon.ConnectionsOpened() == 0);

  node.daemon.Release();
  CHECK(client.Receive(1).bytes == "x");
}

TEST_CASE("a daemon that reads nothing serves once it is released") {
  UnixDaemon node(RespondWith("x"), {Behaviour::kNeverReads});
  RawClient client(node.daemon.Host());
  client.Send(kGet);
  REQUIRE(node.daemon.WaitForConnections(1, kSoon));
  CHECK(node.daemon.Requests().empty());

  node.daemon.Release();
  CHECK(client.Receive(1).bytes == "x");
}

TEST_CASE("a daemon that dies with a request unread resets the connection") {
  UnixDaemon node(RespondWith("x"), {Behaviour::kNeverReads});
  RawClient client(node.daemon.Host());
  client.Send(kGet);
  REQUIRE(node.daemon.WaitForConnections(1, kSoon));

  node.daemon.CloseConnections();
  CHECK(client.ReceiveToEnd().end == End::kReset);
}

TEST_CASE("a daemon that stops listening serves its connections on") {
  UnixDaemon node(RespondWith("x"));
  RawClient client(node.daemon.Host());
  REQUIRE(node.daemon.WaitForConnections(1, kSoon));
  node.daemon.StopListening();

  CHECK(ConnectError(node.daemon.Host()) == ENOENT);
  client.Send(kGet);
  CHECK(client.Receive(1).bytes == "x");
}

TEST_CASE("a daemon that is killed leaves a socket that refuses") {
  UnixDaemon node(RespondWith("old"));
  node.daemon.Stop(SocketFile::kLeave);
  CHECK(ConnectError(node.daemon.Host()) == ECONNREFUSED);

  {
    const ScriptedDaemon next(UnixSocket{node.dir / "docker.sock"},
                              RespondWith("new"));
    CHECK(Ask(next).bytes == "new");
  }
  CHECK(ConnectError(node.daemon.Host()) == ENOENT);
}

TEST_CASE("a stopped daemon's port can be taken again at once") {
  auto daemon = std::make_unique<ScriptedDaemon>(LoopbackTcp{}, NeverRespond());
  const std::string host = daemon->Host();
  RawClient client(host);
  REQUIRE(daemon->WaitForConnections(1, kSoon));
  daemon.reset();
  CHECK(ConnectError(host) == ECONNREFUSED);

  const int port = std::stoi(host.substr(host.rfind(':') + 1));
  const ScriptedDaemon next(LoopbackTcp{static_cast<std::uint16_t>(port)},
                            RespondWith("x"));
  CHECK(next.Host() == host);
  CHECK(Ask(next).bytes == "x");
}

TEST_CASE("a daemon takes neither a live socket's path nor another file's") {
  UnixDaemon node(RespondWith("x"));
  std::ofstream(node.dir / "file") << "content";

  CHECK_THROWS_AS(
      ScriptedDaemon(UnixSocket{node.dir / "docker.sock"}, NeverRespond()),
      std::system_error);
  CHECK_THROWS_AS(ScriptedDaemon(UnixSocket{node.dir / "file"}, NeverRespond()),
                  std::system_error);
  CHECK(std::filesystem::file_size(node.dir / "file") == 7);
  CHECK(Ask(node.daemon).bytes == "x");
}

TEST_CASE("a daemon does not remove the socket of its successor") {
  const TempDir dir;
  const UnixSocket address{dir / "docker.sock"};
  auto daemon = std::make_unique<ScriptedDaemon>(address, RespondWith("old"));
  REQUIRE(std::filesystem::remove(address.path));
  const ScriptedDaemon successor(address, RespondWith("new"));

  daemon.reset();
  CHECK(Ask(successor).bytes == "new");
}

TEST_CASE("a path too long for a unix socket is rejected") {
  CHECK_THROWS_AS(ScriptedDaemon(UnixSocket{"/tmp/" + std::string(103, 'x')},
                                 NeverRespond()),
                  std::invalid_argument);
}

TEST_CASE("waiting for what does not happen ends in time") {
  UnixDaemon node(NeverRespond());
  CHECK_FALSE(node.daemon.WaitForRequests(1, 1ms));
  CHECK_FALSE(node.daemon.WaitForConnections(1, 1ms));
  CHECK_FALSE(node.daemon.WaitForOpenConnections(1, 1ms));
}

TEST_CASE("many clients are served side by side") {
  constexpr std::size_t kClients = 8;
  constexpr std::size_t kRequests = 50;
  UnixDaemon node(RespondWhenReleased("x"));
  std::atomic<std::size_t> answered = 0;
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.emplace_back([&] {
      for (std::size_t j = 0; j < kRequests; ++j) {
        if (Ask(node.daemon).bytes == "x") ++answered;
      }
    });
  }
  CHECK(node.daemon.WaitForRequests(kClients, kSoon));
  CHECK(node.daemon.OpenConnections() == kClients);
  node.daemon.Release();
  for (std::thread& client : clients) client.join();

  CHECK(answered == kClients * kRequests);
  CHECK(node.daemon.Requests().size() == kClients * kRequests);
  CHECK(node.daemon.ConnectionsOpened() == kClients * kRequests);
  CHECK(node.daemon.WaitForOpenConnections(0, kSoon));
}

}  // namespace containercollector::test
