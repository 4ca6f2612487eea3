// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <string_view>

#include "containercollector/json.h"
#include "tests/examples/nodes.h"
#include "tests/integration/node.h"
#include "tests/support/program.h"
#include "tests/support/raw_client.h"

namespace containercollector::test {
namespace {

constexpr std::string_view kPath = "/processor/containercollector";

/// The example, on a port of its own.
class Server {
 public:
  explicit Server(const Node& node)
      : program_({EMBEDDED_PROCESSOR, "--host", node.host(), "--listen",
                  "127.0.0.1:0"}) {
    constexpr std::string_view kBefore = "Listening on port ";
    REQUIRE(program_.WaitForOutput("\n"));
    const std::string out = program_.Output();
    REQUIRE(out.substr(0, kBefore.size()) == kBefore);
    port_ = out.substr(kBefore.size(), out.size() - kBefore.size() - 1);
  }

  const std::string& port() const { return port_; }
  int Terminate() { return program_.Terminate(); }

  /// The whole answer.
  std::string Ask(const std::string& method, const std::string& target) const {
    RawClient client("tcp://127.0.0.1:" + port_);
    client.Send(method + " " + target +
                " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n"
                "{}");
    return client.ReceiveToEnd().bytes;
  }

 private:
  Program program_;
  std::string port_;
};

void CheckAnswer(const std::string& answer, const std::string& status,
                 const std::string& content_type, const std::string& body) {
  CHECK(answer.substr(0, answer.find("\r\n")) == "HTTP/1.1 " + status);
  const std::string head = HeadOf(answer);
  CHECK(answer.substr(head.size()) == body);
  CHECK(head.find("\r\nContent-Type: " + content_type + "\r\n") !=
        std::string::npos);
}

const std::string kText = "text/plain; charset=utf-8";

TEST_CASE("embedded_processor answers with the containers") {
  Node node;
  const ScriptedDaemon& daemon = node.Start(GoodDaemon());
  const Server server(node);
  const std::string path(kPath);
  CheckAnswer(server.Ask("POST", path), "200 OK", "application/json",
              std::string(kOneContainer));
  CheckAnswer(server.Ask("POST", path + "?limit=3&all=0"), "200 OK",
              "application/json", std::string(kOneContainer));
  REQUIRE(daemon.Requests().size() == 2);
  CHECK(daemon.Requests()[0].query == "all=1");
  CHECK(daemon.Requests()[1].query == "limit=3");
}

TEST_CASE("embedded_processor serves the second route") {
  Node node;
  node.Start(GoodDaemon());
  const Server server(node);
  CheckAnswer(server.Ask("POST", std::string(Processor::kObjectPath)), "200 OK",
              "application/json",
              WrapContainers(kOneContainer, Processor::kDefaultObjectKey));
  CheckAnswer(
      server.Ask("POST", std::string(Processor::kObjectPath) + "?key=pods"),
      "200 OK", "application/json", WrapContainers(kOneContainer, "pods"));
}

TEST_CASE("embedded_processor refuses other methods") {
  const Node node;
  const Server server(node);
  const std::string path(kPath);
  for (const std::string method :
       {"GET", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    const std::string answer = server.Ask(method, path);
    CheckAnswer(answer, "405 Method Not Allowed", kText,
                "method " + method + " is not supported");
    CHECK(answer.find("\r\nAllow: POST\r\n") != std::string::npos);
  }
  CheckAnswer(server.Ask("HEAD", path), "405 Method Not Allowed", kText, "");
}

TEST_CASE("embedded_processor names the parameter that is malformed") {
  const Node node;
  const Server server(node);
  CheckAnswer(server.Ask("POST", std::string(kPath) + "?limit=x"),
              "400 Bad Request", kText,
              "invalid limit \"x\": write how many containers are wanted, e.g. "
              "limit=10, or 0 for all");
}

TEST_CASE("embedded_processor says why there are no containers") {
  Node node;
  const Server server(node);
  const std::string path(kPath);
  CheckAnswer(server.Ask("POST", path), "500 Internal Server Error", kText,
              "Cannot connect to the Docker daemon at " + node.host() +
                  ". Is the docker daemon running?");
  node.Start(RespondWith(DaemonError(500, "layer not known")));
  CheckAnswer(server.Ask("POST", path), "500 Internal Server Error", kText,
              "Error response from daemon: layer not known");
  node.Start(GoodDaemon());
  CheckAnswer(server.Ask("POST", path), "200 OK", "application/json",
              std::string(kOneContainer));
}

TEST_CASE("embedded_processor answers its own route while the daemon hangs") {
  Node node;
  ScriptedDaemon& daemon = node.Start(RespondWhenReleased(GoodResponse()));
  const Server server(node);
  RawClient waiting("tcp://127.0.0.1:" + server.port());
  waiting.Send("POST " + std::string(kPath) +
               " HTTP/1.1\r\nHost: localhost\r\n"
               "Connection: close\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(daemon.WaitForRequests(1, kGenerous));
  CheckAnswer(server.Ask("GET", "/health"), "200 OK", "text/plain", "ok\n");
  daemon.Release();
  CheckAnswer(waiting.ReceiveToEnd().bytes, "200 OK", "application/json",
              std::string(kOneContainer));
}

TEST_CASE("embedded_processor serves nothing else") {
  const Node node;
  const Server server(node);
  const std::string not_found = "HTTP/1.1 404";
  CHECK(server.Ask("POST", "/").substr(0, not_found.size()) == not_found);
  CHECK(server.Ask("POST", std::string(kPath) + "/x")
            .substr(0, not_found.size()) == not_found);
}

TEST_CASE("embedded_processor ends when it is told to") {
  const Node node;
  Server server(node);
  CHECK(server.Terminate() == 0);
}

TEST_CASE("embedded_processor says why it cannot start") {
  const Node node;
  const Server server(node);
  const std::string taken = "127.0.0.1:" + server.port();
  CheckFailed(
      Run({EMBEDDED_PROCESSOR, "--host", node.host(), "--listen", taken}), 1,
      "Cannot listen on " + taken +
          ": the port is taken, or this machine has no such address. Write "
          "another after --listen.\n");
  CHECK(Run({EMBEDDED_PROCESSOR, "--host", "nowhere"}).exit_code == 2);
  CHECK(Run({EMBEDDED_PROCESSOR, "--port"}).exit_code == 2);
  CHECK(Run({EMBEDDED_PROCESSOR, "--help"}).exit_code == 0);
}

}  // namespace
}  // namespace containercollector::test
