// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <string_view>

#include "containercollector/json.h"
#include "tests/examples/nodes.h"
#include "tests/integration/node.h"
#include "tests/support/http_client.h"
#include "tests/support/program.h"

namespace containercollector::test {
namespace {

constexpr std::string_view kPath = "/processor/containercollector";

/// The example on a free port.
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

  /// Returns the whole response.
  std::string Send(const std::string& method, const std::string& target) const {
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

void CheckResponse(const std::string& response, const std::string& status,
                   const std::string& content_type, const std::string& body) {
  CHECK(response.substr(0, response.find("\r\n")) == "HTTP/1.1 " + status);
  const std::string head = HeadOf(response);
  CHECK(response.substr(head.size()) == body);
  CHECK(head.find("\r\nContent-Type: " + content_type + "\r\n") !=
        std::string::npos);
}

const std::string kText = "text/plain; charset=utf-8";

TEST_CASE("embedded_processor serves the containers") {
  Node node;
  const ScriptedDaemon& daemon = node.Start(GoodDaemon());
  const Server server(node);
  const std::string path(kPath);
  CheckResponse(server.Send("POST", path), "200 OK", "application/json",
                std::string(kOneContainer));
  CheckResponse(server.Send("POST", path + "?limit=3&all=0"), "200 OK",
                "application/json", std::string(kOneContainer));
  REQUIRE(daemon.Requests().size() == 2);
  CHECK(daemon.Requests()[0].query == "all=1");
  CHECK(daemon.Requests()[1].query == "limit=3");
}

TEST_CASE("embedded_processor serves the second route") {
  Node node;
  node.Start(GoodDaemon());
  const Server server(node);
  CheckResponse(server.Send("POST", std::string(Processor::kObjectPath)),
                "200 OK", "application/json",
                WrapContainers(kOneContainer, Processor::kDefaultObjectKey));
  CheckResponse(
      server.Send("POST", std::string(Processor::kObjectPath) + "?key=pods"),
      "200 OK", "application/json", WrapContainers(kOneContainer, "pods"));
}

TEST_CASE("embedded_processor rejects other methods") {
  const Node node;
  const Server server(node);
  const std::string path(kPath);
  for (const std::string method :
       {"GET", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    const std::string response = server.Send(method, path);
    CheckResponse(response, "405 Method Not Allowed", kText,
                  "method " + method + " is not supported");
    CHECK(response.find("\r\nAllow: POST\r\n") != std::string::npos);
  }
  CheckResponse(server.Send("HEAD", path), "405 Method Not Allowed", kText, "");
}

TEST_CASE("embedded_processor names the malformed parameter") {
  const Node node;
  const Server server(node);
  CheckResponse(
      server.Send("POST", std::string(kPath) + "?limit=x"), "400 Bad Request",
      kText,
      "invalid limit \"x\": write how many containers are wanted, e.g. "
      "limit=10, or 0 for all");
}

TEST_CASE("embedded_processor reports why there are no containers") {
  Node node;
  const Server server(node);
  const std::string path(kPath);
  CheckResponse(server.Send("POST", path), "500 Internal Server Error", kText,
                "Cannot connect to the Docker daemon at " + node.host() +
                    ". Is the docker daemon running?");
  node.Start(RespondWith(DaemonError(500, "layer not known")));
  CheckResponse(server.Send("POST", path), "500 Internal Server Error", kText,
                "Error response from daemon: layer not known");
  node.Start(GoodDaemon());
  CheckResponse(server.Send("POST", path), "200 OK", "application/json",
                std::string(kOneContainer));
}

TEST_CASE("embedded_processor serves its own route while the daemon hangs") {
  Node node;
  ScriptedDaemon& daemon = node.Start(RespondWhenReleased(GoodResponse()));
  const Server server(node);
  RawClient waiting("tcp://127.0.0.1:" + server.port());
  waiting.Send("POST " + std::string(kPath) +
               " HTTP/1.1\r\nHost: localhost\r\n"
               "Connection: close\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(daemon.WaitForRequests(1, kGenerous));
  CheckResponse(server.Send("GET", "/health"), "200 OK", "text/plain", "ok\n");
  daemon.Release();
  CheckResponse(waiting.ReceiveToEnd().bytes, "200 OK", "application/json",
                std::string(kOneContainer));
}

TEST_CASE("embedded_processor serves nothing else") {
  const Node node;
  const Server server(node);
  const std::string not_found = "HTTP/1.1 404";
  CHECK(server.Send("POST", "/").substr(0, not_found.size()) == not_found);
  CHECK(server.Send("POST", std::string(kPath) + "/x")
            .substr(0, not_found.size()) == not_found);
}

TEST_CASE("embedded_processor exits on SIGTERM") {
  const Node node;
  Server server(node);
  CHECK(server.Terminate() == 0);
}

TEST_CASE("embedded_processor reports why it cannot start") {
  const Node node;
  const Server server(node);
  const std::string taken = "127.0.0.1:" + server.port();
  CheckFailed(
      Run({EMBEDDED_PROCESSOR, "--host", node.host(), "--listen", taken}), 1,
      "Cannot listen on " + taken +
          ": the port is taken, or this machine has no such address. Write "
          "another after --listen.\n");
  CHECK(Run({EMBEDDED_PROCESSOR, "--host", "ftp://nowhere"}).exit_code == 2);
  CHECK(Run({EMBEDDED_PROCESSOR, "--port"}).exit_code == 2);
  CHECK(Run({EMBEDDED_PROCESSOR, "--help"}).exit_code == 0);
}

}  // namespace
}  // namespace containercollector::test
