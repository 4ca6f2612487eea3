// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>
#include <string_view>

#include "tests/examples/nodes.h"
#include "tests/support/http_client.h"
#include "tests/support/program.h"

namespace containercollector::test {
namespace {

const std::string kArray(Processor::kArrayPath);
const std::string kObject(Processor::kObjectPath);

/// The example on a free port.
class Server {
 public:
  explicit Server(const Node& node)
      : program_({EMBEDDED_PROCESSOR, "--host", node.host(), "--listen",
                  "127.0.0.1:0"}) {
    constexpr std::string_view kBefore = "Listening on port ";
    const std::string line = program_.WaitForLine();
    REQUIRE(line.substr(0, kBefore.size()) == kBefore);
    address_ = "127.0.0.1:" + line.substr(kBefore.size());
  }

  const std::string& address() const { return address_; }
  int Terminate() { return program_.Terminate(); }

  RawClient Send(const std::string& method, const std::string& target) const {
    RawClient client("tcp://" + address_);
    client.Send(method + " " + target +
                " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                "Content-Length: 2\r\n\r\n{}");
    return client;
  }

  /// Sends a request and checks the response. Returns its head.
  std::string Check(const std::string& method, const std::string& target,
                    const std::string& status, const std::string& type,
                    const std::string& body) const {
    CAPTURE(method, target);
    RawClient client = Send(method, target);
    const std::string response = client.ReceiveToEnd().bytes;
    const std::string head = HeadOf(response);
    CHECK(head.substr(0, head.find("\r\n")) == "HTTP/1.1 " + status);
    CHECK(head.find("\r\nContent-Type: " + type + "\r\n") != std::string::npos);
    CHECK(response.substr(head.size()) == body);
    return head;
  }

  void CheckFailed(const std::string& text) const {
    Check("POST", kArray, "500 Internal Server Error",
          "text/plain; charset=utf-8", text);
  }

 private:
  Program program_;
  std::string address_;
};

TEST_CASE("embedded_processor serves both routes and reports failures") {
  Node node;
  const Server server(node);
  std::string cannot_connect = CannotConnect(node);
  cannot_connect.pop_back();
  server.CheckFailed(cannot_connect);
  node.Start(RespondWith(DaemonError(500, "layer not known")));
  server.CheckFailed("Error response from daemon: layer not known");

  const ScriptedDaemon& daemon = node.Start(GoodDaemon());
  const std::string array(kOneContainer);
  for (const auto& [target, query, body] :
       std::vector<std::array<std::string, 3>>{
           {kArray, "all=1", array},
           {kArray + "?limit=3&all=0", "limit=3", array},
           {kObject, "all=1",
            WrapContainers(array, Processor::kDefaultObjectKey)},
           {kObject + "?key=pods", "all=1", WrapContainers(array, "pods")}}) {
    server.Check("POST", target, "200 OK", "application/json", body);
    CHECK(daemon.Requests().back().query == query);
  }
}

TEST_CASE("embedded_processor rejects other requests with the reason") {
  const Node node;
  const Server server(node);
  const std::string text = "text/plain; charset=utf-8";
  for (const std::string method : {"GET", "PUT", "DELETE", "PATCH", "OPTIONS"})
    CHECK(server
              .Check(method, kArray, "405 Method Not Allowed", text,
                     "method " + method + " is not supported")
              .find("\r\nAllow: POST\r\n") != std::string::npos);
  server.Check("HEAD", kArray, "405 Method Not Allowed", text, "");
  server.Check("POST", kArray + "?limit=x", "400 Bad Request", text,
               "invalid limit \"x\": write how many containers are wanted, "
               "e.g. limit=10, or 0 for all");
  for (const std::string& path : {std::string("/"), kArray + "/x"})
    CHECK(HeadOf(server.Send("POST", path).ReceiveToEnd().bytes)
              .find("HTTP/1.1 404 ") == 0);
}

TEST_CASE("embedded_processor serves its own route while the daemon hangs") {
  Node node;
  ScriptedDaemon& daemon = node.Start(RespondWhenReleased(GoodResponse()));
  Server server(node);
  RawClient pending = server.Send("POST", kArray);
  REQUIRE(daemon.WaitForRequests(1, kGenerous));
  server.Check("GET", "/health", "200 OK", "text/plain", "ok\n");
  daemon.Release();
  const std::string response = pending.ReceiveToEnd().bytes;
  CHECK(response.substr(HeadOf(response).size()) == kOneContainer);
  CHECK(server.Terminate() == 0);
}

TEST_CASE("embedded_processor reports why it cannot start") {
  const Node node;
  const Server server(node);
  CheckOutput(Run({EMBEDDED_PROCESSOR, "--listen", server.address()}), "",
              "Cannot listen on " + server.address() +
                  ": the port is taken, or this machine has no such address. "
                  "Write another after --listen.\n",
              1);
  CHECK(Run({EMBEDDED_PROCESSOR, "--host", "ftp://nowhere"}).exit_code == 2);
  CHECK(Run({EMBEDDED_PROCESSOR, "--port"}).exit_code == 2);
  CHECK(Run({EMBEDDED_PROCESSOR, "--help"}).exit_code == 0);
}

}  // namespace
}  // namespace containercollector::test
