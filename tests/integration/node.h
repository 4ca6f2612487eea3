// SPDX-License-Identifier: Apache-2.0

/// A node with a scripted daemon, and the route that answers for it.
#ifndef CONTAINERCOLLECTOR_TESTS_INTEGRATION_NODE_H_
#define CONTAINERCOLLECTOR_TESTS_INTEGRATION_NODE_H_

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "containercollector/processor.h"
#include "tests/support/catch.h"
#include "tests/support/responses.h"
#include "tests/support/scripted_daemon.h"
#include "tests/support/scripts.h"
#include "tests/support/temp_dir.h"
#include "tests/support/versioned_daemon.h"

namespace containercollector::test {

/// Far more than any honest answer takes, and less than the limit of a test.
inline constexpr std::chrono::seconds kGenerous{60};

inline constexpr std::string_view kOneContainer =
    R"([{"Id":"a1","Names":["/web"],"Image":"busybox:1","ImageID":"sha256:0c","Command":"sleep","Created":1795430876,)"
    R"("Ports":[],"Labels":{},"State":"running","Status":"Up 3 seconds","HostConfig":{"NetworkMode":"host"},)"
    R"("NetworkSettings":{"Networks":{}},"Mounts":[]}])";

/// A daemon that does all it should.
inline VersionedDaemon GoodDaemon() {
  VersionedDaemon daemon;
  daemon.containers_json = kOneContainer;
  return daemon;
}

/// The one container, in `Content-Length` bytes.
inline std::string GoodResponse() {
  return ResponseBytes(200, kJson, kOneContainer);
}

/// Owns the directory of the socket, the daemon while there is one, and a
/// processor that keeps its connections from one request to the next.
class Node {
 public:
  explicit Node(ClientOptions options = PatientOptions())
      : processor_(Client(WithHost(std::move(options)))) {}

  static ClientOptions PatientOptions() {
    ClientOptions options;
    options.timeout = kGenerous;
    return options;
  }

  std::string socket_path() const { return dir_ / "docker.sock"; }
  std::string host() const { return "unix://" + socket_path(); }
  const Client& client() const { return processor_.client(); }

  /// Starts a daemon at the socket, in place of the one before.
  ScriptedDaemon& Start(Script script, DaemonOptions options = {}) {
    daemon_.reset();
    daemon_ = std::make_unique<ScriptedDaemon>(UnixSocket{socket_path()},
                                               std::move(script), options);
    return *daemon_;
  }
  void Stop(SocketFile file = SocketFile::kRemove) { daemon_->Stop(file); }

  /// What a caller of the route gets.
  Response Post(std::string_view query = "") const {
    return PostTo(std::string(Processor::kArrayPath) + "?" +
                  std::string(query));
  }

  /// What a caller of the path and query `target` gets.
  Response PostTo(std::string_view target) const {
    return processor_.Handle("POST", target);
  }

 private:
  ClientOptions WithHost(ClientOptions options) const {
    options.endpoint = host();
    return options;
  }

  TempDir dir_;
  std::unique_ptr<ScriptedDaemon> daemon_;
  Processor processor_;
};

inline void CheckCollected(const Response& response) {
  CHECK(response.body == kOneContainer);
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json");
  CHECK(response.headers.empty());
  CHECK(response.container_count == 1);
  CHECK_FALSE(response.error);
}

inline void CheckFailed(const Response& response, ErrorCode code,
                        const std::string& text) {
  CHECK(response.body == text);
  CHECK(response.status == 500);
  CHECK(response.content_type == "text/plain; charset=utf-8");
  CHECK(response.headers.empty());
  CHECK(response.container_count == 0);
  REQUIRE(response.error);
  CHECK(ToString(*response.error) == ToString(code));
}

/// A good daemon answers the next request, whatever happened to the one before.
inline void CheckRecovers(Node& node) {
  node.Start(GoodDaemon());
  CheckCollected(node.Post());
}

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_INTEGRATION_NODE_H_
