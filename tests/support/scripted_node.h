// SPDX-License-Identifier: Apache-2.0

#ifndef CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTED_NODE_H_
#define CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTED_NODE_H_

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/http.h"
#include "tests/support/posix.h"
#include "tests/support/scripted_daemon.h"

namespace containercollector::test {

/// A bound for conditions that hold soon unless something is wrong. It is below
/// the limit for a whole test.
inline constexpr std::chrono::seconds kGenerous{60};

inline constexpr std::string_view kOneContainer =
    R"([{"Id":"a1","Names":["/web"],"Image":"busybox:1","ImageID":"sha256:0c","Command":"sleep","Created":1795430876,)"
    R"("Ports":[],"Labels":{},"State":"running","Status":"Up 3 seconds","HostConfig":{"NetworkMode":"host"},)"
    R"("NetworkSettings":{"Networks":{}},"Mounts":[]}])";

/// A daemon without faults.
inline VersionedDaemon GoodDaemon(
    std::string containers_json = std::string(kOneContainer)) {
  VersionedDaemon daemon;
  daemon.containers_json = std::move(containers_json);
  return daemon;
}

/// A list of kOneContainer with a `Content-Length`.
inline std::string GoodResponse() {
  return ResponseBytes(200, kJson, kOneContainer);
}

/// Copies of one container, each with an ID of its own, as a JSON array of at
/// least `bytes` bytes.
inline std::string ManyContainers(std::size_t bytes) {
  constexpr std::string_view kId = R"({"Id":"a1)";
  const std::string_view rest = kOneContainer.substr(
      1 + kId.size(), kOneContainer.size() - 2 - kId.size());
  std::string json = "[";
  for (int id = 0; json.size() < bytes; ++id) {
    json.append(id > 0 ? "," : "").append(kId);
    json.append(std::to_string(id)).append(rest);
  }
  return json + "]";
}

/// Owns the directory of a Docker socket and, once started, a scripted daemon
/// that listens on it. Fixtures add what calls the daemon.
class ScriptedNode {
 public:
  std::string socket_path() const { return dir_ / "docker.sock"; }
  std::string host() const { return "unix://" + socket_path(); }
  ScriptedDaemon& daemon() { return *daemon_; }

  /// Starts a daemon, in place of the previous one if there is one.
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
};

}  // namespace containercollector::test

#endif  // CONTAINERCOLLECTOR_TESTS_SUPPORT_SCRIPTED_NODE_H_
