// SPDX-License-Identifier: Apache-2.0

/// A node: a scripted daemon, and the server's binary over it.
#ifndef CONTAINERCOLLECTOR_TESTS_SERVER_NODE_H_
#define CONTAINERCOLLECTOR_TESTS_SERVER_NODE_H_

#include <signal.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/server/http_client.h"
#include "tests/server/server_process.h"
#include "tests/support/catch.h"
#include "tests/support/responses.h"
#include "tests/support/scripted_daemon.h"
#include "tests/support/scripts.h"
#include "tests/support/temp_dir.h"
#include "tests/support/versioned_daemon.h"

namespace containercollector::test {

inline constexpr std::chrono::seconds kGenerous{60};

inline constexpr std::string_view kOneContainer =
    R"([{"Id":"a1","Names":["/web"],"Image":"busybox:1","ImageID":"sha256:0c","Command":"sleep","Created":1795430876,)"
    R"("Ports":[],"Labels":{},"State":"running","Status":"Up 3 seconds","HostConfig":{"NetworkMode":"host"},)"
    R"("NetworkSettings":{"Networks":{}},"Mounts":[]}])";

/// A daemon that does all it should.
inline VersionedDaemon GoodDaemon(
    std::string containers_json = std::string(kOneContainer)) {
  VersionedDaemon daemon;
  daemon.containers_json = std::move(containers_json);
  return daemon;
}

/// As many containers as make an answer of about `bytes`, and that answer.
inline std::string ManyContainers(std::size_t bytes) {
  const std::string_view one =
      kOneContainer.substr(1, kOneContainer.size() - 2);
  std::string json = "[";
  while (json.size() < bytes)
    json.append(json.size() > 1 ? "," : "").append(one);
  return json + "]";
}

/// Owns the directory of the socket, the daemon while there is one, and the
/// server.
class Node {
 public:
  explicit Node(Arguments arguments = {}, const Environment& environment = {})
      : server_(host(), std::move(arguments), environment) {}

  std::string socket_path() const { return dir_ / "docker.sock"; }
  std::string host() const { return "unix://" + socket_path(); }
  const std::string& url() const { return server_.url(); }
  ServerProcess& server() { return server_; }
  ScriptedDaemon& daemon() { return *daemon_; }

  /// Starts a daemon at the socket, in place of the one before.
  ScriptedDaemon& Start(Script script, DaemonOptions options = {}) {
    daemon_.reset();
    daemon_ = std::make_unique<ScriptedDaemon>(UnixSocket{socket_path()},
                                               std::move(script), options);
    return *daemon_;
  }
  void Stop(SocketFile file = SocketFile::kRemove) { daemon_->Stop(file); }

 private:
  TempDir dir_;
  std::unique_ptr<ScriptedDaemon> daemon_;
  ServerProcess server_;
};

/// Waits until the server has so many requests that wait for the daemon.
inline void WaitForWaiting(const Node& node, int count) {
  const std::string line =
      "\ncontainercollector_requests_waiting " + std::to_string(count) + "\n";
  const auto deadline = std::chrono::steady_clock::now() + kGenerous;
  while (Get(node.url(), "/metrics").body.find(line) == std::string::npos) {
    if (std::chrono::steady_clock::now() > deadline)
      FAIL("there were never " << count << " requests that wait");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

inline std::vector<HttpCall> PostMany(const Node& node, int count,
                                      std::string_view query = "") {
  const std::string request =
      RequestBytes("POST", std::string(kRoute) + std::string(query));
  std::vector<HttpCall> calls;
  for (int i = 0; i < count; ++i) calls.emplace_back(node.url(), request);
  return calls;
}

inline void CheckCollected(const HttpResponse& reply) {
  CHECK(reply.status == 200);
  CHECK(reply.headers.at("content-type") == "application/json");
  CHECK(reply.body == kOneContainer);
}

inline void CheckText(const HttpResponse& reply, int status,
                      const std::string& text) {
  CHECK(reply.status == status);
  CHECK(reply.body == text);
  if (reply.status != 0)
    CHECK(reply.headers.at("content-type") == "text/plain; charset=utf-8");
}

/// It ends as it should, and no sanitizer found anything.
inline void CheckStops(ServerProcess& server) {
  server.Signal(SIGTERM);
  const int exit_code = server.WaitForExit();
  if (exit_code != 0) UNSCOPED_INFO(server.ErrorOutput());
  CHECK(exit_code == 0);
}

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SERVER_NODE_H_
