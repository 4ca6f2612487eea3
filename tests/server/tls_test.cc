// SPDX-License-Identifier: Apache-2.0

/// HTTPS, with and without certificates of clients.
#include <fcntl.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <future>
#include <thread>

#include "tests/server/pki.h"

using namespace containercollector::test;

namespace {

const std::string& PostRequest() {
  static const std::string request = RequestBytes("POST", kRoute);
  return request;
}

}  // namespace

TEST_CASE("With a certificate, the server speaks HTTPS and nothing else") {
  const Pki pki;
  Node node(pki.ServerArguments());
  node.Start(GoodDaemon());
  CHECK(node.url().rfind("https://127.0.0.1:", 0) == 0);
  const TlsResponse response =
      AskByTls(node.url(), pki.Client(), PostRequest());
  CHECK(response.error.empty());
  CHECK(response.server == "server one");
  CheckCollected(response.http);
  CHECK(Post(node.url()).status == 0);
  CheckStops(node.server());
}

TEST_CASE("TLS 1.2 and 1.3 are spoken, older ones are not") {
  const Pki pki;
  Node node(pki.ServerArguments());
  node.Start(GoodDaemon());
  TlsCall call = pki.Client();
  for (const char* version : {"TLS1.2", "TLS1.3"}) {
    call.priorities = std::string("NORMAL:-VERS-ALL:+VERS-") + version;
    CheckCollected(AskByTls(node.url(), call, PostRequest()).http);
  }
  for (const char* version : {"TLS1.0", "TLS1.1"}) {
    call.priorities =
        std::string("NORMAL:%COMPAT:+SHA1:+SIGN-ALL:-VERS-ALL:+VERS-") +
        version;
    const TlsResponse response = AskByTls(node.url(), call, PostRequest());
    CHECK_FALSE(response.error.empty());
    CHECK(response.http.bytes.empty());
  }
  CheckStops(node.server());
}

TEST_CASE("With an authority for clients, only its clients get anything") {
  const Pki pki;
  Node node(pki.MutualArguments());
  node.Start(GoodDaemon());
  const auto ask = [&](const std::string& client, const char* version) {
    TlsCall call = pki.Client(client);
    call.priorities = std::string("NORMAL:-VERS-ALL:+VERS-") + version;
    return AskByTls(node.url(), call, PostRequest());
  };
  for (const char* version : {"TLS1.2", "TLS1.3"}) {
    CAPTURE(version);
    CheckCollected(ask("client", version).http);
    for (const char* client : {"", "stranger", "wrong-purpose"}) {
      CAPTURE(client);
      const TlsResponse response = ask(client, version);
      CHECK_FALSE(response.error.empty());
      CHECK(response.http.bytes.empty());
    }
    CheckCollected(ask("client", version).http);
  }
  CHECK(node.daemon().Requests().size() == 4);
  CheckStops(node.server());
}

TEST_CASE("SIGHUP brings new certificates, and keeps the old where it cannot") {
  const Pki pki;
  Node node(pki.MutualArguments());
  node.Start(GoodDaemon());
  const auto name = [&] {
    return AskByTls(node.url(), pki.Client("client"), PostRequest()).server;
  };
  const auto reload = [&](const std::string& logged) {
    node.server().Signal(SIGHUP);
    while (node.server().ErrorOutput().find(logged) == std::string::npos)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  };
  CHECK(name() == "server one");

  Certificate("server two", Purpose::kServer, &pki.authority)
      .Write(pki.dir / "server");
  CHECK(name() == "server one");
  reload("certificates reloaded");
  CHECK(name() == "server two");

  pki.other_authority.Write(pki.dir / "server");
  std::ofstream(pki.dir / "server.key") << "no key";
  reload("certificates not reloaded, the old ones stay");
  CHECK(name() == "server two");

  // Who may ask is read again too.
  Certificate("server three", Purpose::kServer, &pki.authority)
      .Write(pki.dir / "server");
  pki.other_authority.Write(pki.dir / "clients");
  node.server().Signal(SIGHUP);
  while (name() != "server three") {
  }
  CheckCollected(
      AskByTls(node.url(), pki.Client("stranger"), PostRequest()).http);
  CHECK_FALSE(
      AskByTls(node.url(), pki.Client("client"), PostRequest()).error.empty());
  CheckStops(node.server());
}

TEST_CASE("SIGHUP closes connections that clients keep") {
  const Pki pki;
  Node node(pki.MutualArguments());
  const std::string keep = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
  constexpr int kClients = 20;
  std::vector<std::future<TlsResponse>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::async(std::launch::async, [&] {
      return AskByTls(node.url(), pki.Client("client"), keep);
    }));
  }
  const auto metric = [&](const std::string& line) {
    return AskByTls(node.url(), pki.Client("client"),
                    RequestBytes("GET", "/metrics"))
               .http.body.find("\ncontainercollector_" + line + "\n") !=
           std::string::npos;
  };
  const std::string served = std::to_string(kClients);
  REQUIRE(WaitUntil(
      [&] {
        return metric("requests_total{route=\"healthz\",status=\"200\"} " +
                      served);
      },
      kGenerous));
  node.server().Signal(SIGHUP);
  REQUIRE(node.server().WaitForErrorOutput("certificates reloaded"));
  // The idle timeout would close them later.
  CHECK(WaitUntil([&] { return metric("connections{listener=\"main\"} 1"); },
                  std::chrono::seconds(5)));
  for (auto& client : clients) CHECK(client.get().http.body == "ok");
  CheckStops(node.server());
}

TEST_CASE("A TLS file that blocks delays neither requests nor SIGTERM") {
  const Pki pki;
  Node node(pki.ServerArguments());
  node.Start(GoodDaemon());
  const std::string file = pki.dir / "server.crt";
  REQUIRE(std::remove(file.c_str()) == 0);
  REQUIRE(mkfifo(file.c_str(), 0600) == 0);
  node.server().Signal(SIGHUP);
  FileDescriptor writer;
  REQUIRE(WaitUntil(
      [&] {
        writer = FileDescriptor(
            open(file.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
        return writer.get() >= 0;
      },
      kGenerous));
  // The server reads, and nothing arrives.
  CheckCollected(AskByTls(node.url(), pki.Client(), PostRequest()).http);
  node.server().Signal(SIGHUP);
  node.server().Signal(SIGTERM);
  REQUIRE(WaitUntil([&] { return !node.server().IsRunning(); }, kGenerous));
  CHECK(node.server().WaitForExit() == 0);
}

TEST_CASE("SIGHUP without TLS changes nothing") {
  Node node;
  node.Start(GoodDaemon());
  node.server().Signal(SIGHUP);
  CheckCollected(Post(node.url()));
  CheckStops(node.server());
}

TEST_CASE("Responses that are larger than TLS takes at a time arrive whole") {
  const Pki pki;
  Node node(Joined(pki.ServerArguments(), {"--max-answer-bytes", "0"}));
  const std::string containers = ManyContainers(3'000'000);
  node.Start(GoodDaemon(containers));
  const TlsResponse response =
      AskByTls(node.url(), pki.Client(), PostRequest());
  CHECK(response.http.status == 200);
  CHECK((response.http.body == containers));
  CheckStops(node.server());
}
